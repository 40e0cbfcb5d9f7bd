#!/usr/bin/env python3
"""Imports a table of books over HTTP and reports how long that takes, how much memory the server uses above its idle
memory, and how long other writes wait meanwhile: cargo build --release && bench/imports.py [ROWS]

DATABASE_URL names an unused PostgreSQL database; without it a temporary SQLite file is used.
"""

import http.client
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from run import PROGRAM, run, write_books
from server import Server


def ask(server, method, path, body=None, kind="application/json"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    connection.request(method, path, body, {"Content-Type": kind})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text)


def follow(server, path):
    """Waits for the end of an import, and writes a book now and then."""
    waits = []
    while True:
        status, found = ask(server, "GET", path)
        if status != 200 or found["state"] in ("done", "failed", "undone"):
            return found, sorted(waits)
        begun = time.monotonic()
        status, answer = ask(server, "POST", "/api/books", json.dumps({"title": "meanwhile", "author": "x"}))
        if status != 201:
            raise SystemExit(f"a book was refused: {answer}")
        waits.append((time.monotonic() - begun) * 1000)
        time.sleep(0.1)


def step(name, server, path, idle):
    begun = time.monotonic()
    found, waits = follow(server, path)
    seconds = time.monotonic() - begun
    counts = {count: found[count] for count in ("rows", "inserted", "skipped", "rejected", "reverted", "kept")}
    middle, worst = (waits[len(waits) // 2], waits[-1]) if waits else (0, 0)
    print(f"{name}: {found['state']} in {seconds:.1f} s, {counts}")
    print(f"  memory: {server.memory('VmHWM') - idle:+.1f} MB at most, {server.memory('VmRSS') - idle:+.1f} MB at the end (target 64)")
    print(f"  other writes: {len(waits)}, {middle:.0f} ms in the middle, {worst:.0f} ms at most", flush=True)


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="bookplate-bench-") as home:
        file = Path(home) / "books.csv"
        write_books(rows, file, Path(home) / "unused")
        limit = file.stat().st_size // 1_000_000 + 2
        url = os.environ.get("DATABASE_URL", f"sqlite:///{home}/books.db")
        run([str(PROGRAM), "db", "upgrade", "--database-url", url, "--log", "error"])
        folder = f"{home}/imports"
        with Server(PROGRAM, url, "--import-limit", str(limit), "--imports-dir", folder) as server:
            for _ in range(20):
                server.get("/api/books?limit=1")
            idle = server.memory("VmRSS")
            print(f"{rows} rows, {file.stat().st_size / 1e6:.0f} MB; idle {idle:.1f} MB")
            for name, query in (("dry run", "?dry_run=true"), ("import", ""), ("again, all of them skipped", "")):
                with open(file, "rb") as body:
                    begun = time.monotonic()
                    status, queued = ask(server, "POST", f"/api/imports{query}", body, "text/csv")
                if status != 202:
                    raise SystemExit(f"the file was refused: {queued}")
                print(f"uploaded within {time.monotonic() - begun:.1f} s")
                step(name, server, queued["links"]["self"], idle)
            ask(server, "POST", "/api/imports/2/undo")
            step("undo", server, "/api/imports/2", idle)


if __name__ == "__main__":
    main()
