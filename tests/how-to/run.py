#!/usr/bin/env python3
"""Whether the how-tos are complete, and how much they ask for: follows them in a copy of the repository.

    tests/how-to/run.py             every how-to below, one after the other
    tests/how-to/run.py --figures   only counts, in a second

A nullable field, an entity and an endpoint are added, as docs/how-to/ says: its files, its commands. The edits are in `field/`,
`entity/` and `endpoint/`. The program of the copy is then used over HTTP. It fails when an edit is in a file that no step names, when a
step names a file that no edit changes, when the result does not work, and beyond the limits.

The copy is in target/how-to, and begins with a copy of what is compiled of other people's crates.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import edits
import proof

REPOSITORY = edits.HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()
PLACE = TARGET / "how-to"
COPY = PLACE / "copy"
BUILD = PLACE / "build"
DATABASES = PLACE / "databases"

# Each with the noun of its example, and its limits: edits and the files they are in, or lines of new files and how many files.
HOW_TOS = {"field": ("book", (10, 5)), "entity": ("author", (250, 5)), "endpoint": ("store", (2, 1))}


def copy_repository():
    """Copies the files that git does not ignore, as they are now."""
    shutil.rmtree(COPY, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, COPY / name)


def copy_build():
    """Copies what the repository's build has, but for programs.

    It cannot be shared: cargo names what it builds of a workspace by the place in it, so that a crate of the copy would take the place
    of the same crate of the repository.
    """
    shutil.rmtree(BUILD, ignore_errors=True)
    for part in (".fingerprint", "build", "deps"):
        source = TARGET / "debug" / part
        if source.is_dir():
            programs = (lambda _, names: [name for name in names if "." not in name]) if part == "deps" else None
            shutil.copytree(source, BUILD / "debug" / part, ignore=programs)


def run(command, database):
    """Runs a command line of a how-to in the copy."""
    settings = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "CARGO_BUILD_BUILD_DIR": str(BUILD),
        "CARGO_TARGET_DIR": str(PLACE),
        "CARGO_TERM_QUIET": "true",
        "CARGO_NET_OFFLINE": "true",
    }
    begun = time.monotonic()
    done = subprocess.run(["bash", "-c", command], cwd=COPY, env=settings)
    print(f"   {time.monotonic() - begun:3.0f} s  {command}", flush=True)
    if done.returncode:
        raise edits.Wrong(f"`{command}` ends with status {done.returncode}")


def follow(guides, database):
    """Follows the how-tos to their ends. What needs the whole program comes once, after the last one."""
    for name, guide in guides.items():
        guide.check()
        edits.apply(name, COPY)
        if any("migrate" in command.split() for command in guide.commands):
            run(guide.command("migrate"), database)
    run("cargo fmt --all --check", database)
    for verb in ("upgrade", "check", "downgrade -2", "upgrade", "check"):
        run(f"cargo db {verb}", database)
    (document,) = {guide.command("openapi") for guide in guides.values()}
    run(document, database)
    if (COPY / "openapi.json").read_text() == (REPOSITORY / "openapi.json").read_text():
        raise edits.Wrong("openapi.json is as it was")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figures", action="store_true", help="only count")
    arguments = parser.parse_args()
    begun = time.monotonic()
    try:
        guides = {
            name: edits.Guide(name, REPOSITORY / f"docs/how-to/{name}.md", noun) for name, (noun, _) in HOW_TOS.items()
        }
        if not arguments.figures:
            copy_repository()
            copy_build()
            shutil.rmtree(DATABASES, ignore_errors=True)
            DATABASES.mkdir(parents=True)
            follow(guides, DATABASES / "migrated.db")
            proof.prove(PLACE / "debug" / "bookplate", DATABASES / "served.db", COPY / "openapi.json")
        found = [edits.figures(name, limits) for name, (_, limits) in HOW_TOS.items()]
    except (edits.Wrong, proof.Differs) as reason:
        sys.exit(str(reason))
    for line, _ in found:
        print(line)
    if not arguments.figures:
        print(f"the how-tos were followed in {time.monotonic() - begun:.0f} s")
    if not all(within for _, within in found):
        sys.exit("a how-to asks for more than its limit")


if __name__ == "__main__":
    main()
