"""Servers for the checks of the contract: the built program on a scratch database, on a free port, removed afterwards."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "debug" / "bookplate"


@contextlib.contextmanager
def served(url, log):
    """The URL of a server on the database at `url`, which logs to the file `log`."""
    with open(log, "w") as lines:
        settings = {**os.environ, "DATABASE_URL": url}
        if url.startswith("postgres"):
            subprocess.run([PROGRAM, "db", "upgrade"], env=settings, check=True, stdout=lines, stderr=lines)
        process = subprocess.Popen([PROGRAM, "serve", "--port", "0"], env=settings, stdout=lines, stderr=lines)
    try:
        yield address(process, log)
    finally:
        process.terminate()
        process.wait()


def address(process, log):
    mark, deadline = "listening on ", time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        text = Path(log).read_text()
        if mark in text:
            return text.split(mark)[1].split()[0]
        time.sleep(0.05)
    raise SystemExit(f"the server does not start:\n{Path(log).read_text()}")


@contextlib.contextmanager
def postgres():
    """The URL of an empty database of a private PostgreSQL server."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places:
        raise SystemExit("PostgreSQL's server binaries are missing; install them (Debian: apt-get install postgresql)")
    # PostgreSQL refuses to be run by root.
    user = unprivileged() if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="contract-pg-") as home:
        if user:
            os.chown(home, *user)
        data = Path(home) / "data"

        def run(program, *arguments):
            as_whom = {"user": user[0], "group": user[1], "extra_groups": []} if user else {}
            command = [places[-1] / program, "--pgdata", data, *arguments]
            # The server would inherit a pipe of ours and hold it open.
            subprocess.run(command, cwd=home, check=True, stdout=subprocess.DEVNULL, **as_whom)

        run("initdb", "--username=bookplate", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
        run("pg_ctl", "start", "--wait", "--silent", "--log", Path(home) / "log", "--options", options)
        try:
            yield f"postgres:///postgres?host={home}&user=bookplate"
        finally:
            run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")


def unprivileged():
    for name in ["postgres", "nobody"]:
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
    raise SystemExit("there is no unprivileged user to run PostgreSQL as")
