"""The measurement of one service: started on a fresh copy, checked, put under load, and counted afterwards."""

import contextlib
import json
import os
import re
import subprocess
import time

from . import answers, process
from .peers import BENCH, PLACE
from .workloads import WORKLOADS


LUA = BENCH / "comparison" / "load.lua"
NO_DATABASE = contextlib.nullcontext(({}, None))


def settle(pids):
    """Waits until abandoned requests are done: wrk does not wait for its last ones."""
    deadline = time.monotonic() + 30
    before = -1
    while time.monotonic() < deadline and before != (before := process.cpu_seconds(pids)):
        time.sleep(0.1)


def spent(server, database):
    """CPU seconds so far of the server, of PostgreSQL, of the machine, and of this program and its children. Processes come and go."""
    own, theirs = (process.cpu_seconds(pids) for pids in (server.family(), database.pids()))
    return own, theirs, process.machine_seconds(), os.times()


class Bench:
    """The parameters of a measurement: the cores of the server and of the load, seconds of load, and the workloads."""

    def __init__(self, built, cores, nice, seconds, workloads):
        self.built, (self.server_cpu, self.load_cpu) = built, cores
        self.nice, self.seconds, self.workloads = nice, seconds, workloads
        self.seed = 0
        # The responses of Bookplate to the requests of the check, by database and size.
        self.heard = {}

    def measure(self, peer, database, rows, terms):
        """The figures of one start, or `wrong`: what was wrong with its responses."""
        port = process.free_port()
        with database.fresh(peer.schema, rows) if peer.schema else NO_DATABASE as (settings, count):
            environment = {**os.environ, "PORT": str(port), "NODE_PATH": str(self.built.node), "NODE_ENV": "production",
                           "PYTHONDONTWRITEBYTECODE": "1", **settings}
            environment.pop("RUST_LOG", None)
            command = [str(part) for part in peer.command(self.built, database.name, port)]
            command = [*process.pinned(self.server_cpu, self.nice), *command]
            posted = 0
            with process.Server(command, environment, PLACE / f"{peer.name}.log", port) as server:
                figures = {"cold_ms": server.cold_ms, "work": {}}
                time.sleep(0.5)
                figures["idle_mb"] = process.megabytes(server.family(), "VmRSS")
                wrong = self.check(server, peer, database, rows, terms)
                if wrong:
                    return {"wrong": wrong}
                for workload in self.workloads:
                    measured = self.load(server, database, WORKLOADS[workload], rows, terms)
                    figures["work"][workload] = measured
                    posted += measured.pop("posted")
                figures["loaded_mb"] = process.megabytes(server.family(), "VmHWM")
            if peer.schema and count() < rows + posted + 1:
                return {"wrong": [f"{posted + 1} books were acknowledged, and {count() - rows} are stored"]}
        refused = {name: work["refused"] for name, work in figures["work"].items() if work["refused"]}
        if refused:
            return {"wrong": [f"under load it refused {refused}"]}
        return figures

    def check(self, server, peer, database, rows, terms):
        """What is wrong with responses; those of the limits are held against Bookplate's, if it is in this run."""
        heard, place = [], (database.name, rows)
        wrong = answers.wrong(server, rows, terms, peer.schema is not None, heard)
        if not wrong and peer.name == "bookplate":
            self.heard[place] = heard
        elif not wrong and peer.schema == "whole" and place in self.heard:
            return list(answers.unlike(heard, self.heard[place], rows))
        return wrong

    def load(self, server, database, workload, rows, terms):
        warm = self.wrk(server, workload, min(1, self.seconds), rows, terms)
        settle([*server.family(), *database.pids()])
        before = spent(server, database)
        done = self.wrk(server, workload, self.seconds, rows, terms)
        after = spent(server, database)
        cpu, postgres, machine = (now - then for then, now in zip(before[:3], after[:3]))
        load = sum(after[3][2:4]) - sum(before[3][2:4])
        seconds, requests = done["microseconds"] / 1e6, max(1, done["requests"])
        return {
            "rps": done["requests"] / seconds,
            "p50": done["p50"] / 1000,
            "p99": done["p99"] / 1000,
            "cpu_us": cpu / requests * 1e6,
            "postgres_us": postgres / requests * 1e6,
            "others": max(0, machine - cpu - postgres - load) / seconds,
            "refused": warm["refused"] + done["refused"],
            "broken": done["broken"],
            "posted": warm["requests"] + done["requests"] if workload.kind == "post" else 0,
        }

    def wrk(self, server, workload, seconds, rows, terms):
        self.seed += 1
        # One thread of load: it has one core.
        options = ["--threads=1", f"--connections={workload.connections}", f"--duration={max(1, round(seconds))}s", "--timeout=30s"]
        command = [*process.pinned(self.load_cpu, self.nice), "wrk", *options, "--script", str(LUA)]
        command += [f"http://127.0.0.1:{server.port}/", "--", workload.kind, str(workload.rows or rows), str(self.seed)]
        done = subprocess.run([*command, *terms.get(workload.name, [])], capture_output=True, text=True)
        found = re.search(r"^MEASURED(.*)$", done.stdout, re.MULTILINE)
        if not found:
            raise SystemExit(f"wrk: {done.stdout}{done.stderr}")
        return json.loads(found.group(1))
