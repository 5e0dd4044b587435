"""A way to PostgreSQL that breaks off at COMMIT: before it is heard, or before it is answered."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock, Thread

from psycopg.conninfo import make_conninfo

from ovunque.platform.embedded import Cluster

SOCKET = ".s.PGSQL.5432"
BYTES = 65_536
COMMITS = (b"COMMIT", b"\0commit\0")  # As the driver says it by itself, and as we say it.


@dataclass(slots=True)
class Scissors:
    """Cuts the next commit after it was asked to, once for each time."""

    before: int = 0  # Commits to drop unheard.
    after: int = 0  # Commits to carry out, whose answer is dropped.
    cut: int = 0
    lock: Lock = field(default_factory=Lock)

    def take(self) -> str:
        """What to do with a commit that comes by now."""
        with self.lock:
            for name in ("before", "after"):
                if getattr(self, name):
                    setattr(self, name, getattr(self, name) - 1)
                    self.cut += 1
                    return name
        return ""


@contextmanager
def proxied(cluster: Cluster, dbname: str, scissors: Scissors) -> Iterator[str]:
    """How to connect through a proxy with these scissors."""
    with TemporaryDirectory(prefix="ovq-cut-") as folder, socket.socket(socket.AF_UNIX) as door:
        door.bind(str(Path(folder) / SOCKET))
        door.listen(128)
        Thread(target=accept, args=(door, cluster.layout.socket, scissors), daemon=True).start()
        yield make_conninfo(host=folder, dbname=dbname, user="ovunque_owner")


def accept(door: socket.socket, server: Path, scissors: Scissors) -> None:
    while True:
        try:
            client, _ = door.accept()
        except OSError:
            return
        behind = socket.socket(socket.AF_UNIX)
        try:
            behind.connect(str(server))
        except OSError:
            client.close()
            behind.close()
            continue
        link = Link(client, behind, scissors)
        Thread(target=link.send, daemon=True).start()
        Thread(target=link.bring, daemon=True).start()


class Link:
    """One client's connection, in two threads."""

    def __init__(self, client: socket.socket, server: socket.socket, scissors: Scissors) -> None:
        self._client, self._server, self._scissors = client, server, scissors
        self._silent = Event()

    def send(self) -> None:
        """What the client says, until it says COMMIT at a bad moment."""
        with suppress(OSError):
            while said := self._client.recv(BYTES):
                commits = any(each in said for each in COMMITS)
                what = self._scissors.take() if commits else ""
                if what == "before":
                    break
                if what == "after":  # What asks for the answer may come in another piece.
                    self._silent.set()
                self._server.sendall(said)
        self._close()

    def bring(self) -> None:
        """What the server answers, as long as it may be heard."""
        with suppress(OSError):
            while told := self._server.recv(BYTES):
                if self._silent.is_set():
                    break
                self._client.sendall(told)
        self._close()

    def _close(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
