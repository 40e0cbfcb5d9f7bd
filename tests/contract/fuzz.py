"""Sends requests that the OpenAPI document allows, and ones that it does not, with all checks of Schemathesis.

    python fuzz.py [--examples 25] [sqlite] [postgres]

On both databases at once; succeeds when nothing differs from the document and nothing answers with 500.
"""

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from server import postgres, served

HERE = Path(__file__).resolve().parent


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--examples", type=int, default=25)
    arguments.add_argument("databases", nargs="*", default=["sqlite", "postgres"])
    arguments = arguments.parse_args()
    failed = False
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="contract-")))
        runs = []
        for database in arguments.databases:
            url = f"sqlite:///{home}/books.db" if database == "sqlite" else stack.enter_context(postgres())
            log = home / f"{database}.log"
            runs.append((database, log, start(stack.enter_context(served(url, log)), arguments.examples, home, database)))
        begun = time.monotonic()
        for database, log, (process, output) in runs:
            status = process.wait()
            report, text = output.read_text(), log.read_text()
            broken = re.findall(r"^.*(?: ERROR +(?!actix_http)|panicked).*$", text, re.MULTILINE)
            summary = report[report.rfind("= SUMMARY =") :].partition("\n")[2].strip()
            print(f"-- {database}: {len(text.splitlines())} lines of log, {time.monotonic() - begun:.0f} s\n{summary}")
            if status != 0 or broken:
                failed = True
                print("\n".join(line[:2000] for line in report.splitlines()), *broken[:20], sep="\n")
    sys.exit(failed)


def start(address, examples, home, database):
    output = home / f"{database}.txt"
    command = [Path(sys.executable).parent / "schemathesis", "run", f"{address}/api/openapi.json"]
    # Lists have the method QUERY, for which OpenAPI 3.1 has no words: `tests/it/openapi.rs` compares `Allow` with the document.
    checks = ["--checks", "all", "--exclude-checks", "allow_header_conformance"]
    with open(output, "w") as lines:
        process = subprocess.Popen(
            [*command, *checks, "--max-examples", str(examples)],
            cwd=HERE,
            env={**os.environ, "BOOKPLATE_URL": address, "BOOKPLATE_SHARES": "1" if examples >= 100 else "8", "PYTHONPATH": str(HERE)},
            stdout=lines,
            stderr=lines,
        )
    return process, output


main()
