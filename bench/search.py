#!/usr/bin/env python3
"""Measures searches by substrings over HTTP: how long they take, and that more rows do not make them slower.

    cargo build --release && bench/search.py [--rows 100000 1000000] [--rounds 100] [--program FILE] [--database-url URL]

Terms that many, some, a few and no rows have, and terms that are too short for the index; next to each the same search as a
scan, which is the time of SQLite or psql without the index. A median each, requested in turns. Needs Python 3; with
`--database-url` an empty PostgreSQL database and psql, and only the first number of rows.
"""

import argparse
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from run import PROGRAM, run, write_books
from server import Server

# The names of the searches, their columns and terms; `write_books` makes names such as `Ada Nguyen 31842`.
SEARCHES = [
    ("many, half of all", "title", "river"),
    ("some, 1 %", "author", "ada nguyen"),
    ("some, 0.1 %", "author", "nguyen 31"),
    ("few", "author", "okafor 3184"),
    ("none", "author", "nobody"),
    ("none, of known parts", "title", "river vol. 99"),
    ("two characters", "author", "zz"),
    ("accents", "author", "É"),
]
SCAN = "SELECT count(*) FROM (SELECT * FROM books WHERE {} {} '%{}%' ORDER BY id LIMIT 21) AS found"


def scan(url, column, term):
    """Milliseconds that the database itself takes."""
    if url.startswith("sqlite"):
        database = sqlite3.connect(url.removeprefix("sqlite:///"))
        begun = time.perf_counter()
        database.execute(SCAN.format(column, "LIKE", term)).fetchall()
        return (time.perf_counter() - begun) * 1000
    # An expression of the column that no index covers.
    sql = SCAN.format(f"({column} || '')", "ILIKE", term)
    told = subprocess.check_output(["psql", url, "-Xqc", "\\timing on", "-c", sql], text=True)
    return float(told.split("Time: ")[1].split()[0])


def measure(program, url, rows, rounds):
    times = {search: [] for search in SEARCHES}
    scans = {search: [] for search in SEARCHES}
    # The same search is repeated; without this the response cache would be measured.
    with Server(program, url, "--cache-mb", "0") as server:
        for turn in range(rounds):
            for search in SEARCHES:
                _, column, term = search
                begun = time.perf_counter()
                server.get(f"/api/books?{column}__icontains={term.replace(' ', '%20').replace('É', '%C3%89')}&limit=20")
                times[search].append((time.perf_counter() - begun) * 1000)
                if turn < 3:
                    scans[search].append(scan(url, column, term))
    found = {}
    for search in SEARCHES:
        found[search] = statistics.median(times[search])
        alone = statistics.median(scans[search])
        name, column, term = search
        print(f"{rows:>8} {name:<22} {column}={term:<14} {found[search]:9.3f} ms   scan {alone:9.3f} ms   ratio {alone / found[search]:8.1f}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--database-url")
    arguments = parser.parse_args()
    results = []
    for rows in arguments.rows[:1] if arguments.database_url else arguments.rows:
        with tempfile.TemporaryDirectory(prefix="bookplate-bench-") as home:
            books = Path(home) / "books.csv"
            write_books(rows, books, Path(home) / "unused")
            url = arguments.database_url or f"sqlite:///{home}/books.db"
            run([str(arguments.program), "db", "upgrade", "--database-url", url, "--log", "error"])
            run([str(arguments.program), "import", "books", str(books), "--database-url", url, "--log", "error"])
            if not url.startswith("sqlite"):
                run(["psql", url, "-Xqc", "VACUUM ANALYZE books"])
            results.append(measure(arguments.program, url, rows, arguments.rounds))
    if len(results) > 1:
        for search in SEARCHES:
            print(f"growth   {search[0]:<22} {results[-1][search] / results[0][search]:.2f}")


if __name__ == "__main__":
    main()
