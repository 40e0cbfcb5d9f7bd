"""The services that are compared, how each is built, and how each is started. Their sources are in `bench/peers/`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, NamedTuple

BENCH = Path(__file__).resolve().parent.parent
REPOSITORY = BENCH.parent
SOURCES = BENCH / "peers"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()
PLACE = TARGET / "bench"
QUICK_PACKAGES = ["limits", "seaorm"]


class Absent(Exception):
    """A service that cannot be built here, with what to do about it."""


class Built(NamedTuple):
    """The parts of commands: the directory of cargo's programs, Python's environment and Node's packages."""

    programs: Path
    python: Path = PLACE / "python" / "bin"
    node: Path = PLACE / "node" / "node_modules"


class Peer(NamedTuple):
    """`schema` is `bookplate`, `whole` for its rows in a table of their own, `plain`, or None for a service without a database."""

    name: str
    title: str
    build: Callable[[str], None]
    command: Callable[[Built, str, int], list]
    databases: tuple = ("sqlite", "postgres")
    schema: str | None = "plain"


def run(command, missing, **settings):
    """Runs a step of a build; `missing` tells what to do if the program does not exist."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **settings)
    except FileNotFoundError:
        raise Absent(f"`{command[0]}` is missing; {missing}") from None
    if done.returncode:
        print(done.stdout[-5000:], file=sys.stderr)
        raise Absent(f"`{' '.join(map(str, command[:3]))}` failed, as shown above the tables")


def cargo(folder, package):
    def build(profile):
        # What is measured is built alone, with its own features of what is beneath it. Debug builds share it.
        together = QUICK_PACKAGES if profile == "dev" and package in QUICK_PACKAGES else [package]
        command = ["cargo", "build", "--locked", "--profile", profile, *(f"--package={name}" for name in together)]
        print(f"building {' and '.join(together)}", file=sys.stderr)
        run(command, "install Rust, see https://rustup.rs", cwd=folder, env={**os.environ, "CARGO_TARGET_DIR": str(TARGET)})

    return build


def limit(profile):
    """The limits, and Bookplate, which makes the rows that they have."""
    cargo(SOURCES, "limits")(profile)
    cargo(REPOSITORY, "bookplate")(profile)


def python(_):
    """An environment with the packages of `peers/requirements.txt`."""
    listed, home = SOURCES / "requirements.txt", PLACE / "python"
    installed = home / "installed.txt"
    if installed.exists() and installed.read_text() == listed.read_text():
        return
    shutil.rmtree(home, ignore_errors=True)
    print("installing Python packages", file=sys.stderr)
    run([sys.executable, "-m", "venv", str(home)], "install Python's venv (Debian: apt-get install python3-venv)")
    pip = [str(home / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "--requirement", str(listed)]
    run(pip, "install Python's venv (Debian: apt-get install python3-venv)")
    shutil.copy(listed, installed)


def node(_):
    """The packages of `peers/fastify/package-lock.json`."""
    home, source = PLACE / "node", SOURCES / "fastify"
    installed = home / "installed.json"
    if installed.exists() and installed.read_text() == (source / "package-lock.json").read_text():
        return
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, home)
    print("installing Node packages", file=sys.stderr)
    run(["npm", "ci", "--no-audit", "--no-fund"], "install Node.js 20 or newer with npm, see https://nodejs.org", cwd=home)
    shutil.copy(source / "package-lock.json", installed)


def bookplate(built, database, port):
    # The environment has the URL in the form of sqlx; Bookplate uses the form of SQLAlchemy.
    url = ["--database-url", f"sqlite:///{PLACE}/books.db"] if database == "sqlite" else []
    return [built.programs / "bookplate", "serve", "--port", port, "--log", "error", *url]


def uncached(built, database, port):
    return [*bookplate(built, database, port), "--cache-mb", "0"]


def flask(built, _, port):
    folder = ["--chdir", SOURCES / "flask", "--bind", f"127.0.0.1:{port}"]
    # As gunicorn's manual recommends: twice the cores and one more, with threads, because they wait for a database.
    return [built.python / "gunicorn", "--worker-class", "gthread", "--workers", "3", "--threads", "4", *folder, "app:app"]


def fastapi(built, database, port):
    loop = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--port", port]
    return [built.python / "uvicorn", "--app-dir", SOURCES / "fastapi", *loop, f"app_{database}:app"]


def program(name):
    return lambda built, _, port: [built.programs / name]


PEERS = {
    peer.name: peer
    for peer in [
        Peer("flask", "Flask + SQLAlchemy, gunicorn", python, flask),
        Peer("fastapi", "FastAPI + SQLAlchemy, uvicorn", python, fastapi),
        Peer("fastify", "Fastify + better-sqlite3 or pg", node, lambda _, database, port: ["node", SOURCES / f"fastify/{database}.js"]),
        Peer("axum", "axum + sqlx", cargo(SOURCES, "axum_sqlx"), program("axum_sqlx")),
        Peer("seaorm", "actix + SeaORM, as in its example", cargo(SOURCES, "seaorm"), program("seaorm")),
        Peer("bookplate", "**Bookplate**", cargo(REPOSITORY, "bookplate"), bookplate, schema="bookplate"),
        Peer("bookplate_uncached", "Bookplate, no answers kept", cargo(REPOSITORY, "bookplate"), uncached, ("sqlite",),
             "bookplate"),
        Peer("limit_a", "limit A: actix + rusqlite by hand", limit, program("limit_a"), ("sqlite",), "whole"),
        Peer("limit_pg", "limit PG: actix + tokio-postgres by hand", limit, program("limit_pg"), ("postgres",), "whole"),
        Peer("limit_b", "limit B: actix, constant answers", cargo(SOURCES, "limits"), program("limit_b"), schema=None),
    ]
}
QUICK = ("seaorm", "bookplate", "limit_a")


def build(names, profile):
    """Builds the named services; returns why some of them are absent, by name."""
    absent, done = {}, set()
    for peer in (PEERS[name] for name in names):
        try:
            peer.build(profile)
        except Absent as reason:
            absent[peer.name] = str(reason)
    return absent
