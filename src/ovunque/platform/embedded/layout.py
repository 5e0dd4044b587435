"""What lies where in a cluster's folder, and how to connect to it."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

OWNER = "ovunque_owner"
DATABASE = "ovunque"  # The application's.
PORT = 5432  # Only a part of the socket's name: nothing listens on the network.
SOCKET_BYTES_MAX = 103  # Of the whole path; macOS takes four fewer than Linux.
SHORT = Path("/tmp")  # noqa: S108 - a private folder inside, and we look whose it is


@dataclass(frozen=True, slots=True)
class Layout:
    """`data`, `run` and the socket are private to the server's account, the rest is ours."""

    root: Path  # Absolute and without links: the server's command line names it.

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def unfinished(self) -> Path:
        return self.root / "data-unfinished"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def log(self) -> Path:
        return self.run / "server.log"

    @property
    def settings(self) -> Path:
        return self.root / "settings.conf"

    @property
    def sockets(self) -> Path:
        """Where the socket is: a long path does not fit, and a comma would end it."""
        length = len(os.fsencode(socket_in(self.run)))
        if length <= SOCKET_BYTES_MAX and "," not in str(self.run):
            return self.run
        return SHORT / f"ovq-{sha256(os.fsencode(self.run)).hexdigest()[:10]}"

    @property
    def socket(self) -> Path:
        return socket_in(self.sockets)

    @property
    def socket_lock(self) -> Path:
        return self.socket.with_name(f"{self.socket.name}.lock")

    def url(self, dbname: str) -> str:
        host = quote(os.fsencode(self.sockets), safe="")
        return f"postgresql://{OWNER}@/{quote(dbname, safe='')}?host={host}&port={PORT}"


def socket_in(folder: Path) -> Path:
    return folder / f".s.PGSQL.{PORT}"
