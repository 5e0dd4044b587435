"""Who the server runs as: PostgreSQL refuses root, so root runs it as nobody."""

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ovunque.kernel.refusal import Refusal

LENT = "nobody"
SHARED_HOME = Path("/var/lib/ovunque")
CLUSTER_FOLDER = "database"  # Below the home.


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    name: str
    uid: int
    gid: int
    lent: bool  # By root, who makes the folders and gives them away.

    def run(self, command: Sequence[str | Path], cwd: Path, held: int | None = None) -> str | None:
        """Run a program to its end; returns what it complained of, or None when all went well.

        The environment is clean: a PGDATA or PGOPTIONS of the person is not meant for this server.
        """
        environment = {"HOME": str(cwd), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        try:
            done = subprocess.run(  # noqa: S603 - our own programs, no shell
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                umask=0o077,
                pass_fds=() if held is None else (held,),
                user=self.uid if self.lent else None,
                group=self.gid if self.lent else None,
                extra_groups=[] if self.lent else None,
            )
        except OSError as error:
            return f"{command[0]} cannot be run as {self.name} ({error.strerror})"
        if done.returncode == 0:
            return None
        said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        lines = said.splitlines()
        return next((line for line in lines if "error" in line or "FATAL" in line), lines[0])

    def may_enter(self, path: Path) -> bool:
        """Whether the mode of this folder (or program) lets the account in."""
        found = path.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)

    def closed_part(self, path: Path) -> Path | None:
        """The topmost part of a path that is closed to the account; what is missing is open."""
        real = path.resolve()
        existing = (part for part in (*reversed(real.parents), real) if part.exists())
        return next((part for part in existing if not self.may_enter(part)), None)


def server_account() -> Account:
    """The account that owns the data and runs the server."""
    lent = os.geteuid() == 0
    try:
        found = pwd.getpwnam(LENT) if lent else pwd.getpwuid(os.geteuid())
    except KeyError:
        who = f"named {LENT}" if lent else f"for user id {os.geteuid()}"
        raise Refusal(
            "database_start_failed",
            detail=f"PostgreSQL needs an account, and /etc/passwd has none {who}",
        ) from None
    return Account(name=found.pw_name, uid=found.pw_uid, gid=found.pw_gid, lent=lent)


def data_home(wanted: Path, shared: Path = SHARED_HOME) -> Path:
    """Where the data lives: the wanted home, or for root one that the server can reach.

    /root is closed to nobody, and we open no folder that is not ours. Each home has its own
    place below the shared one, and keeps it: data never moves because a mode changed.
    """
    real = wanted.absolute().resolve()
    if os.geteuid() != 0 or (real / CLUSTER_FOLDER).exists():
        return real
    elsewhere = shared / sha256(os.fsencode(real)).hexdigest()[:8]
    closed = server_account().closed_part(real)
    return elsewhere if elsewhere.exists() or (closed and closed.is_dir()) else real


def make_folder(folder: Path, account: Account) -> None:
    """The folder and what is missing above it, which the account can enter; others are left."""
    try:
        missing = [part for part in (folder, *folder.parents) if not part.exists()]
        for part in reversed(missing):
            part.mkdir(exist_ok=True)
            part.chmod(0o711 if account.lent else 0o700)  # Made by us just now: no umask decides.
    except OSError as error:
        detail = f"{error.filename}: {error.strerror}"
        raise Refusal("database_home_closed", folder=folder, detail=detail) from None
    closed = account.closed_part(folder) if account.lent else None
    if closed:
        raise Refusal(
            "database_home_closed", folder=folder, detail=f"{closed} is closed to {account.name}"
        )


def make_private(folder: Path, account: Account) -> None:
    """A folder for the account alone; what a stranger put there first is not used."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid in (account.uid, os.geteuid())
    if not ours or found.st_mode & 0o077:
        detail = f"{folder} is not private to {account.name}"
        raise Refusal("database_home_closed", folder=folder, detail=detail)
    if account.lent:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
