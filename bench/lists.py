#!/usr/bin/env python3
"""Measures long lists over HTTP on a release build: deep pages, and the memory of an export.

    cargo build --release && bench/lists.py [--rows 1000000] [--rounds 200] [--database-url URL]

A page of 20 books at the beginning and at the end of the list, in several orders, requested in turns so that a machine that
slows down slows both; the median of each and their ratio. Then the whole list as CSV, and the server's largest resident set
above its idle memory. Needs Python 3. Without `--database-url` a temporary SQLite file is used; the database of a URL has to be
empty, and the books remain in it.
"""

import argparse
import http.client
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

from run import PROGRAM, run, write_books
from server import Server

ORDERS = ["id", "title", "-year", "author"]
PAGE = 20


def next_page(headers):
    """The URL of the next page, from the links of a list."""
    found = re.search(r'<([^>]+)>; rel="next"', headers.get("link", ""))
    return found and found.group(1)


def deep_page(server, order, rows):
    """The URL of the last full page of the list, reached in pages of 10 000."""
    seen, address = 0, f"/api/books?sort={order}&fields=id&limit=10000"
    while rows - seen > 10_000 + PAGE:
        headers, _ = server.get(address)
        seen, address = seen + 10_000, next_page(headers)
    rest = rows - seen - PAGE
    headers, _ = server.get(re.sub(r"limit=\d+", f"limit={rest}", address))
    return re.sub(r"limit=\d+", f"limit={PAGE}", next_page(headers)).replace("fields=id&", ""), rows // PAGE


def measure_pages(server, rows, rounds):
    for order in ORDERS:
        first = f"/api/books?sort={order}&limit={PAGE}"
        deep, number = deep_page(server, order, rows)
        times = {first: [], deep: []}
        for _ in range(rounds):
            for address, seconds in times.items():
                begun = time.perf_counter()
                _, body = server.get(address)
                seconds.append(time.perf_counter() - begun)
                if body.count(b'"id"') != PAGE:
                    sys.exit(f"{address} has {body.count(b'id')} rows")
        one, last = (statistics.median(seconds) * 1000 for seconds in times.values())
        print(f"sort={order:<8} page 1 {one:8.3f} ms   page {number} {last:8.3f} ms   ratio {last / one:.2f} (target 1.20)")


def measure_export(server, rows):
    idle = server.memory("VmRSS")
    begun, lines = time.perf_counter(), 0
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/api/exports/books.csv")
    answer = connection.getresponse()
    while part := answer.read(1 << 20):
        lines += part.count(b"\n")
    if lines != rows + 1:
        sys.exit(f"the export has {lines} lines")
    above = server.memory("VmHWM") - idle
    print(f"export CSV     {rows} rows in {time.perf_counter() - begun:.1f} s, {above:.0f} MB above idle (target 64)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--database-url")
    arguments = parser.parse_args()
    if not PROGRAM.exists():
        sys.exit("no release build; run `cargo build --release` first")
    with tempfile.TemporaryDirectory(prefix="bookplate-bench-") as home:
        books = Path(home) / "books.csv"
        write_books(arguments.rows, books, Path(home) / "unused")
        url = arguments.database_url or f"sqlite:///{home}/books.db"
        run([str(PROGRAM), "db", "upgrade", "--database-url", url, "--log", "error"])
        run([str(PROGRAM), "import", "books", str(books), "--database-url", url, "--log", "error"])
        with Server(PROGRAM, url) as server:
            measure_export(server, arguments.rows)
        with Server(PROGRAM, url) as server:
            measure_pages(server, arguments.rows, arguments.rounds)


if __name__ == "__main__":
    main()
