#!/usr/bin/env python3
"""The table of figures in README.md, taken from the first table of bench/RESULTS.md.

`bench/readme.py` writes it; `bench/readme.py --check` fails where it is out of date.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- figures: written by bench/readme.py -->", "<!-- end of figures -->"
# The rows and columns that the README shows, by their names in RESULTS.md and in the README.
ROWS = {
    "**Bookplate**": "**Bookplate**",
    "axum + sqlx": "axum + sqlx",
    "actix + SeaORM, as in its example": "SeaORM's actix example",
    "Flask + SQLAlchemy, gunicorn": "Flask + SQLAlchemy, gunicorn",
}
COLUMNS = {"GET by id": "GET by id", "list 20": "list of 20", "search": "search", "POST ×1": "POST, 1 client", "POST ×64": "POST, 64 clients"}


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def figures(results):
    """The first table of requests a second, which is the one of SQLite."""
    lines = results.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| requests a second"))
    head = cells(lines[start])
    rows = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        name, *values = cells(line)
        rows[name] = dict(zip(head[1:], values))
    lines = ["| requests per second | " + " | ".join(COLUMNS.values()) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, shown in ROWS.items():
        lines.append(f"| {shown} | " + " | ".join(plain(rows[name][column]) for column in COLUMNS) + " |")
    return "\n".join(lines)


def plain(value):
    """`60936 ~` becomes `60 936`; the notes on noise are in RESULTS.md."""
    number = value.split()[0]
    return f"{int(number):,}".replace(",", " ") if number.isdigit() else number


def main():
    readme = ROOT / "README.md"
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    table = figures((ROOT / "bench/RESULTS.md").read_text())
    written = f"{before}{BEGIN}\n{table}\n{END}{after}"
    if sys.argv[1:] == ["--check"]:
        if written != text:
            sys.exit("the figures in README.md are not those of bench/RESULTS.md: run bench/readme.py")
    else:
        readme.write_text(written)


main()
