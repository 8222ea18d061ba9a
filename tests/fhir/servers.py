"""FHIR servers that others wrote (sekmet-fhir): as many as the tests want, all in one process of their own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

QUIET = {"log_inbound": False, "simulator": {"enabled": False}}
"""The server keeps what it is given, does nothing of its own and writes no diary."""


class Servers:
    """Starts servers, each with a database of its own; the process starts with the first and ends with `stop`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def start(self, **settings: Any) -> str:
        """The base address of a new, empty server; `settings` are those of sekmet's settings.yaml."""
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, __file__, str(self._folder)], text=True, stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=(self._folder / "servers.log").open("w"))
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps(settings) + "\n")
            self._process.stdin.flush()
            base = self._process.stdout.readline().strip()
        assert base, f"no server: see {self._folder / 'servers.log'}"
        return base

    def stop(self) -> None:
        """End the process, and with it all servers."""
        if self._process:
            self._process.kill()
            self._process.wait()


def serve(folder: Path) -> None:
    """In the process: a server for each line of settings on stdin, its address on stdout when it answers."""
    import uvicorn
    from sekmet.config import Settings
    from sekmet.main import create_app

    for number, line in enumerate(sys.stdin):
        listening = socket.create_server(("127.0.0.1", 0))
        root = f"http://127.0.0.1:{listening.getsockname()[1]}"
        place = folder / f"server{number}"
        place.mkdir()
        settings = Settings.model_validate(
            {"base_url": f"{root}/fhir", "data_dir": str(place)} | QUIET | json.loads(line))
        server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="warning"))
        threading.Thread(target=server.run, args=([listening],), daemon=True).start()
        while not server.started:
            time.sleep(0.01)
        sys.stdout.write(f"{settings.base_url}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
