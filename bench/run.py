#!/usr/bin/env python3
"""Measures the import and the start of a release build, and compares them with the machine's speed without Bookplate.

    cargo build --release && bench/run.py [--rows 1000000] [--books FILE] [--rounds 3]

Needs Python 3 and the sqlite3 shell. Only figures of the same run are comparable: seconds of different
machines, or of a machine that does other work, mean nothing. `--books` names a CSV of real books, such as goodbooks-10k.
"""

import argparse
import os
import random
import shutil
import socket
import subprocess
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PROGRAM = REPOSITORY / "target" / "release" / "bookplate"
FIRST = "Ada Émile Jorge Mary Chinua Ursula Haruki Toni Gabriel Zadie Fyodor Jane".split()
LAST = "Okafor Martin García Murakami Morrison Márquez Smith Austen Nguyen Kowalski".split()
WORDS = "the of shadow river winter garden letter house night summer war stone glass silent city road king book".split()


def isbn(number):
    """The ISBN-13 of a running number, in an order that fills the unique index at random."""
    stem = "978%09d" % (number * 7919 % 1_000_000_000)
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(stem))
    return stem + str(-weighed % 10)


def write_books(rows, ours, theirs):
    """The same books twice: with the five columns of a catalogue, and as rows of the table for `.import`."""
    dice = random.Random(7)
    stamp = "2026-01-01T12:00:00.000000+00:00"
    with open(ours, "w") as a, open(theirs, "w") as b:
        a.write("title,author,year,isbn,page_count\n")
        for number in range(1, rows + 1):
            title = " ".join(dice.choice(WORDS) for _ in range(dice.randint(2, 6)))
            author = f"{dice.choice(FIRST)} {dice.choice(LAST)} {dice.randint(1, 50_000)}"
            book = f'"{title}, vol. {dice.randint(1, 9)}",{author},{dice.randint(1800, 2026)},{isbn(number)}'
            pages = dice.randint(40, 1200)
            a.write(f"{book},{pages}\n")
            b.write(f"{number},{book},{stamp},{stamp},1,{pages},available\n")


def run(command):
    """Seconds, and the largest resident set in MB, of a command that has to succeed."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command}: {complaint.decode()}")
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def bookplate(database, *arguments):
    return [str(PROGRAM), *arguments, "--database-url", f"sqlite:///{database}", "--log", "error"]


def count(database):
    return int(subprocess.check_output(["sqlite3", str(database), "SELECT count(*) FROM books"]))


def measure_import(home, rows, rounds):
    ours, theirs, empty = home / "ours.csv", home / "theirs.csv", home / "empty.db"
    write_books(rows, ours, theirs)
    run(bookplate(empty, "db", "upgrade"))
    times = {"sqlite3 .import": [], "bookplate import": []}
    memory = 0
    for _ in range(rounds):
        # In turn, so that a machine that slows down slows both.
        for name, command in [
            ("sqlite3 .import", lambda db: ["sqlite3", str(db), f".import --csv {theirs} books"]),
            ("bookplate import", lambda db: bookplate(db, "import", "books", str(ours))),
        ]:
            database = home / "round.db"
            shutil.copy(empty, database)
            seconds, megabytes = run(command(database))
            if count(database) != rows:
                sys.exit(f"{name} stored {count(database)} of {rows} rows")
            times[name].append(seconds)
            if name == "bookplate import":
                memory = max(memory, megabytes)
            for leftover in home.glob("round.db*"):
                leftover.unlink()
    for name, seconds in times.items():
        print(f"{name:<18} {rows} rows: median {statistics.median(seconds):6.2f} s, best {min(seconds):6.2f} s")
    ratios = [ours / theirs for theirs, ours in zip(*times.values())]
    print(f"{'ratio':<18} median {statistics.median(ratios):.2f} (target 2.00), largest memory {memory:.0f} MB (target 100)")


def measure_books(home, books, rounds):
    if not books or not books.exists():
        print("real books         absent: name a CSV with --books")
        return
    seconds = []
    for _ in range(rounds):
        database = home / "real.db"
        seconds.append(run(bookplate(database, "import", "books", str(books)))[0])
        stored = count(database)
        for leftover in home.glob("real.db*"):
            leftover.unlink()
    print(f"real books         {stored} rows: median {statistics.median(seconds):.2f} s (target 1.00), new file included")


def measure_start(home, rounds):
    """From the start of the process to the first response, on an existing database."""
    database = home / "start.db"
    run(bookplate(database, "db", "upgrade"))
    waits = []
    for _ in range(max(rounds, 5)):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        begun = time.monotonic()
        server = subprocess.Popen(bookplate(database, "serve", "--port", str(port)))
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/books?limit=1").read()
                break
            except OSError:
                time.sleep(0.001)
        waits.append((time.monotonic() - begun) * 1000)
        server.terminate()
        server.wait()
    print(f"cold start         median {statistics.median(waits):.0f} ms to the first answer (target 150)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--books", type=Path)
    arguments = parser.parse_args()
    if not PROGRAM.exists():
        sys.exit("no release build; run `cargo build --release` first")
    if not shutil.which("sqlite3"):
        sys.exit("the sqlite3 shell is missing; install it (Debian: `apt-get install sqlite3`)")
    with tempfile.TemporaryDirectory(prefix="bookplate-bench-") as home:
        measure_start(Path(home), arguments.rounds)
        measure_books(Path(home), arguments.books, arguments.rounds)
        measure_import(Path(home), arguments.rows, arguments.rounds)


if __name__ == "__main__":
    main()
