"""Processes as seen from outside: their children, CPU time and memory, and a server on a free port. Linux only."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class NotStarted(Exception):
    """A server that does not answer, with the end of its output."""


def fields(pid):
    """The fields of `/proc/PID/stat` after the name, which may contain spaces; nothing when the process is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return None


def family(pid):
    """The process and everything that it started."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (found := fields(entry)):
            children.setdefault(int(found[1]), []).append(int(entry))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def cpu_seconds(pids):
    """CPU time that the processes have used so far, in user mode and in the kernel, with that of their children that have ended."""
    return sum(sum(map(int, found[11:15])) for found in map(fields, pids) if found) / TICKS


def machine_seconds():
    """CPU time that the machine has spent so far, on all processes."""
    user, nice, system, _, _, interrupts, soft, stolen = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / TICKS


def megabytes(pids, figure):
    """The sum of `VmRSS` (now) or `VmHWM` (the largest so far)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            found = re.search(rf"^{figure}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
            total += int(found.group(1)) if found else 0
    return total / 1024


def pinned(cpu, nice):
    """The prefix of a command that is to run on one core."""
    return ["taskset", "--cpu-list", str(cpu), *(["nice", "-n", str(nice)] if nice else [])]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A service that runs until the end of its `with`."""

    def __init__(self, command, environment, log, port):
        self.port, self.log = port, Path(log)
        begun = time.perf_counter()
        with open(log, "wb") as lines:
            # Its own group, since some have workers that would outlive them.
            self.process = subprocess.Popen(command, env=environment, stdout=lines, stderr=lines, start_new_session=True)
        try:
            self.wait(begun + 60)
        except BaseException:
            self.stop()
            raise
        self.cold_ms = (time.perf_counter() - begun) * 1000

    def wait(self, deadline):
        while True:
            try:
                status, body, _ = self.ask("GET", "/api/books/1")
            except (OSError, http.client.HTTPException):
                status, body = 0, b"no answer"
            if status == 200:
                return
            if self.process.poll() is not None or time.perf_counter() > deadline:
                written = self.log.read_text(errors="replace")[-2000:]
                raise NotStarted(f"it does not start: {status} {body.decode(errors='replace')[:200]}\n{written}")
            time.sleep(0.001)

    def ask(self, method, path, body=None):
        """Status, body and headers of a response; data is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"} if text else {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheaders()
        finally:
            connection.close()

    def family(self):
        return family(self.process.pid)

    def stop(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, how)
            try:
                self.process.wait(10)
                return
            except subprocess.TimeoutExpired:
                continue

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
