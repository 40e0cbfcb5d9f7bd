#!/usr/bin/env python3
"""Imports a table of books over HTTP and tells how long that takes, how much memory the server takes beyond what it has when it
idles, and how long other writes wait meanwhile: cargo build --release && bench/imports.py [ROWS]

DATABASE_URL names a PostgreSQL database of its own; without it a SQLite file is made and thrown away.
"""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "bookplate"


def isbn(number):
    digits = f"978{number:09}"
    check = sum(int(digit) * (1 if place % 2 == 0 else 3) for place, digit in enumerate(digits))
    return f"{digits}{-check % 10}"


def table(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.write("title,author,year,isbn,page_count,status\n")
        for row in range(rows):
            # In no order, as in a real catalogue: the index of the ISBNs is filled everywhere at once.
            place = row * 7919 % rows
            file.write(f"The book of number {row} and its long title,Author {place % 50000} Somebody,{1900 + row % 120},")
            file.write(f"{isbn(100_000_000 + place)},{100 + row % 900},available\n")


def memory(process, what):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"no {what} in /proc/{process.pid}/status")


def ask(address, method, path, body=None, kind="application/json"):
    connection = http.client.HTTPConnection(address, timeout=600)
    connection.request(method, path, body, {"Content-Type": kind})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text)


def follow(address, path):
    """Waits for the end of an import, and writes a book now and then."""
    waits = []
    while True:
        status, found = ask(address, "GET", path)
        if status != 200 or found["state"] in ("done", "failed", "undone"):
            return found, sorted(waits)
        begun = time.monotonic()
        status, answer = ask(address, "POST", "/api/books", json.dumps({"title": "meanwhile", "author": "x"}))
        if status != 201:
            raise SystemExit(f"a book was refused: {answer}")
        waits.append((time.monotonic() - begun) * 1000)
        time.sleep(0.1)


def step(name, process, address, path, idle):
    begun = time.monotonic()
    found, waits = follow(address, path)
    seconds = time.monotonic() - begun
    counts = {count: found[count] for count in ("rows", "inserted", "skipped", "rejected", "reverted", "kept")}
    middle, worst = (waits[len(waits) // 2], waits[-1]) if waits else (0, 0)
    print(f"{name}: {found['state']} in {seconds:.1f} s, {counts}")
    print(f"  memory: {memory(process, 'VmHWM') - idle:+.1f} MB at most, {memory(process, 'VmRSS') - idle:+.1f} MB at the end")
    print(f"  other writes: {len(waits)}, {middle:.0f} ms in the middle, {worst:.0f} ms at most", flush=True)


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as home:
        file = pathlib.Path(home) / "books.csv"
        table(file, rows)
        limit = file.stat().st_size // 1_000_000 + 2
        environment = {"PATH": os.environ["PATH"], "DATABASE_URL": os.environ.get("DATABASE_URL", "sqlite:///books.db")}
        if environment["DATABASE_URL"].startswith("postgres"):
            subprocess.run([PROGRAM, "db", "upgrade"], cwd=home, env=environment, check=True, capture_output=True)
        command = [PROGRAM, "serve", "--port", "0", "--import-limit", str(limit)]
        process = subprocess.Popen(command, cwd=home, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            line = next(line for line in process.stderr if "listening on http://" in line)
            address = line.split("listening on http://")[1].split()[0]
            # Nobody else reads what it logs, and a full pipe would stop it.
            drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
            for _ in range(20):
                ask(address, "GET", "/api/books?limit=1")
            idle = memory(process, "VmRSS")
            print(f"{rows} rows, {file.stat().st_size / 1e6:.0f} MB; idle {idle:.1f} MB")
            for name, query in (("dry run", "?dry_run=true"), ("import", ""), ("again, all of them skipped", "")):
                with open(file, "rb") as body:
                    begun = time.monotonic()
                    status, queued = ask(address, "POST", f"/api/imports{query}", body, "text/csv")
                if status != 202:
                    raise SystemExit(f"the file was refused: {queued}")
                print(f"handed in within {time.monotonic() - begun:.1f} s")
                step(name, process, address, queued["links"]["self"], idle)
            ask(address, "POST", "/api/imports/2/undo")
            step("undo", process, address, "/api/imports/2", idle)
        finally:
            process.terminate()
            process.wait()
            drain.wait()


if __name__ == "__main__":
    main()
