"""The hardware and software of the measurement: kinds and versions, no names of hosts, people or directories."""

import json
import platform
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from .peers import PLACE, REPOSITORY, SOURCES

CRATES = ("actix-web", "axum", "libsqlite3-sys", "rusqlite", "sea-orm", "sqlx", "tokio-postgres")


def first_line(*command):
    if not shutil.which(command[0]) and not Path(command[0]).exists():
        return "absent"
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def machine(cores, postgres):
    """Sentences about the machine and the versions of the software."""
    cpu = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) / 2**20
    disk = first_line("stat", "--file-system", "--format=%T", str(PLACE))
    yield (f"{len(cores)} cores ({cpu.group(1) if cpu else platform.machine()}), {memory:.0f} GB, "
           f"{platform.system()} {platform.release().split('-')[0]}, databases on {disk}.")
    programs = [first_line("rustc", "--version"), f"wrk {wrk()}", f"Python {platform.python_version()}"]
    programs += [f"Node.js {first_line('node', '--version')}"]
    if postgres:
        programs.append(first_line(str(postgres / "postgres"), "--version"))
    yield ", ".join(programs) + "."
    ours, theirs = crates(REPOSITORY / "Cargo.lock"), crates(SOURCES / "Cargo.lock")
    yield f"Bookplate at {first_line('git', '-C', str(REPOSITORY), 'rev-parse', '--short', 'HEAD')}: {listed(ours)}."
    yield f"The others in Rust: {listed(theirs)}; in Python: {requirements()}; for Node: {packages()}."


def wrk():
    return first_line("wrk", "--version").removeprefix("wrk ").split(" ")[0]


def crates(lock):
    found = {}
    for package in tomllib.loads(lock.read_text())["package"]:
        if package["name"] in CRATES:
            found[package["name"]] = package["version"]
    return found


def listed(versions):
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def requirements():
    lines = (SOURCES / "requirements.txt").read_text().splitlines()
    named = dict(line.split("==") for line in lines if "==" in line)
    shown = ("fastapi", "flask", "gunicorn", "sqlalchemy", "uvicorn")
    return listed({name: version for name, version in named.items() if name.lower() in shown})


def packages():
    locked = json.loads((SOURCES / "fastify/package-lock.json").read_text())["packages"]
    named = locked[""]["dependencies"]
    return listed({name: locked[f"node_modules/{name}"]["version"] for name in named})
