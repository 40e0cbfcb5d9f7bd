"""A running release build, for the benchmarks in this directory."""

import http.client
import re
import socket
import subprocess
import time


class Server:
    """Runs until the end of its `with`, on a free port of this machine; `arguments` are additional ones of `serve`."""

    def __init__(self, program, database_url, *arguments):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [str(program), "serve", "--port", str(self.port), "--database-url", database_url, "--log", "error"]
        self.process = subprocess.Popen([*command, *arguments])
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)
        while True:
            try:
                self.get("/api/books?limit=1")
                return
            except OSError:
                self.connection.close()
                if self.process.poll() is not None:
                    raise SystemExit("the server does not start")
                time.sleep(0.005)

    def get(self, address):
        """Headers, in lower case, and body of a response that has to be 200."""
        self.connection.request("GET", address)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{address}: {answer.status} {body.decode()[:500]}")
        return {name.lower(): value for name, value in answer.getheaders()}, body

    def memory(self, figure):
        """MB of `VmRSS` (now) or `VmHWM` (the largest so far)."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(rf"{figure}:\s+(\d+)", status.read()).group(1)) / 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.process.terminate()
        self.process.wait()
