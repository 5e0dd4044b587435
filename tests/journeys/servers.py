"""The server as it is really started, for as long as a test needs it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from ovunque.platform.embedded import wait_until

START_SECONDS_MAX = 120
OVUNQUE = (sys.executable, "-m", "ovunque.cli.main")


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def api_processes(parent: int) -> Iterator[int]:
    """Those that serve requests, among all that a process has started."""
    for told in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in map(int, told.read_text().split()):
            if b"ovunque.cli.serving\0api" in Path(f"/proc/{child}/cmdline").read_bytes():
                yield child
            yield from api_processes(child)


@contextmanager
def serving(home: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[str]:
    """The address of a server that is ready; it is ended by the signal of a Ctrl-C."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    told = {**os.environ, "OVUNQUE_HOME": str(home), "PORT": str(port), **environment}
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen([*OVUNQUE, *arguments], env=told, stdout=log, stderr=log)
        try:
            ready = wait_until(
                lambda: process.poll() is not None or answers(f"{address}/readyz"),
                START_SECONDS_MAX,
            )
            assert ready, "not ready in time"
            assert process.poll() is None, (home / "server.log").read_text()
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0, (home / "server.log").read_text()
