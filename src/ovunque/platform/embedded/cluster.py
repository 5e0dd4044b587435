"""One PostgreSQL in one folder: start, stop, ask how it is. Nothing happens by itself."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import errors, sql

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import first_line
from ovunque.platform.embedded import postmaster
from ovunque.platform.embedded.account import (
    CLUSTER_FOLDER,
    Account,
    data_home,
    make_folder,
    server_account,
)
from ovunque.platform.embedded.binaries import BinFolder, find_binaries, reachable
from ovunque.platform.embedded.layout import Layout
from ovunque.platform.embedded.preparing import prepare
from ovunque.platform.embedded.waiting import locked, wait_until

START_SECONDS_MAX = 60  # A crashed server reads its log first.
ORPHANS_SECONDS_MAX = 20  # A killed server's children finish the statement they are in.
ORPHANS_SIGN = "pre-existing shared memory block"
SHELL_SIGNS = frozenset('"$`\\\n')


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    pid: int | None  # None: no server process.
    answers: bool
    folder: Path
    socket: Path
    programs: BinFolder

    @property
    def running(self) -> bool:
        return self.pid is not None and self.answers


@dataclass(frozen=True, slots=True)
class Cluster:
    """A server and its folder; any process may start, find or stop it."""

    folder: Path
    programs: BinFolder
    durable: bool = True  # False only for tests: a power cut may lose everything.

    @property
    def layout(self) -> Layout:
        return Layout(self.folder.absolute().resolve())

    def url(self, dbname: str) -> str:
        """How to connect to one of its databases as the owner."""
        return self.layout.url(dbname)

    def start(self) -> bool:
        """True when this call started the server, False when it ran already; it answers now."""
        account, layout = server_account(), self.layout
        if SHELL_SIGNS.intersection(str(layout.root)):
            detail = 'pg_ctl hands its path to a shell, which would read " $ ` \\ in it'
            raise Refusal("database_home_closed", folder=layout.root, detail=detail)
        make_folder(layout.root, account)
        with refusing(layout.root), locked(layout.root) as lock:
            if self._is_served():
                return False
            programs = reachable(self.programs, account, layout.root)
            prepare(layout, programs, account, self.durable, lock)
            postmaster.drop_stale(layout)
            self._launch(programs, account)
            return True

    def stop(self, mode: str = "fast") -> bool:
        """True when this call stopped the server, False when it did not run."""
        layout = self.layout
        with refusing(layout.root):
            if not layout.root.is_dir():
                return False
            with locked(layout.root):
                stopped = postmaster.end(layout.data, mode)
                if layout.sockets != layout.run:
                    shutil.rmtree(layout.sockets, ignore_errors=True)
                return stopped

    def status(self) -> Status:
        layout = self.layout
        with refusing(layout.root):
            pid = postmaster.find_postmaster(layout.data)
        return Status(
            pid=pid,
            answers=pid is not None and self.answers(),
            folder=layout.root,
            socket=layout.socket,
            programs=self.programs,
        )

    @contextmanager
    def running(self) -> Iterator["Cluster"]:
        """The server running; who started it stops it."""
        started = self.start()
        try:
            yield self
        finally:
            if started:
                self.stop()

    def answers(self) -> bool:
        """Whether a real query is answered."""
        try:
            with self._connect() as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def ensure_database(self, name: str) -> None:
        """Make a database when it is missing."""
        try:
            with self._connect() as connection:
                known = connection.execute(
                    "select 1 from pg_database where datname = %(name)s", {"name": name}
                )
                if known.fetchone() is None:
                    connection.execute(
                        sql.SQL("create database {name}").format(name=sql.Identifier(name))
                    )
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            return  # Somebody else made it in the same moment.
        except psycopg.OperationalError as error:
            raise Refusal("database_unreachable", detail=first_line(error)) from None

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=3)

    def _is_served(self) -> bool:
        """Whether a server runs here; one that starts, recovers or stops is waited for."""
        data = self.layout.data
        pid = postmaster.find_postmaster(data)
        if pid is None:
            return False
        if wait_until(
            lambda: self.answers() or not postmaster.serves(pid, data), START_SECONDS_MAX
        ):
            return postmaster.serves(pid, data)
        raise Refusal(
            "database_start_failed",
            detail=f"process {pid} holds {data} but answers nothing; end it and try again",
        )

    def _launch(self, programs: BinFolder, account: Account) -> None:
        try:
            if not wait_until(lambda: self._launch_once(programs, account), ORPHANS_SECONDS_MAX):
                raise Refusal(
                    "database_start_failed",
                    detail=f"processes of a killed server still use {self.layout.data}; end them",
                )
        except Refusal:  # A server that still recovers goes on: the next start finds it.
            raise
        except BaseException:  # Ctrl-C: whoever is not told that it runs cannot stop it.
            postmaster.end(self.layout.data, "immediate")
            raise

    def _launch_once(self, programs: BinFolder, account: Account) -> bool:
        """Start and wait until it answers; False when a killed server's children are in the way."""
        layout = self.layout
        read = layout.log.stat().st_size if layout.log.exists() else 0
        pg_ctl: list[str | Path] = [programs.path / "pg_ctl", "start", "-w", "-s"]
        pg_ctl += ["-t", str(START_SECONDS_MAX), "-D", layout.data, "-l", layout.log]
        complaint = account.run(pg_ctl, cwd=layout.run)
        if complaint is None and wait_until(self.answers, START_SECONDS_MAX):
            return True
        said = layout.log.read_bytes()[read:] if layout.log.exists() else b""
        lines = said.decode(errors="replace").splitlines()
        fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
        if any(ORPHANS_SIGN in line for line in fatal):
            return False
        why = (fatal or [complaint or "it does not answer"])[-1]
        more = f" (see {layout.log})" if lines else ""
        raise Refusal("database_start_failed", detail=f"{why}{more}")


@contextmanager
def refusing(folder: Path) -> Iterator[None]:
    """Say in one line what the system denied."""
    try:
        yield
    except PermissionError as error:
        detail = f"{error.filename or 'its server'}: {error.strerror}"
        raise Refusal("database_home_closed", folder=folder, detail=detail) from None
    except OSError as error:
        detail = f"{error.filename or folder}: {error.strerror}"
        raise Refusal("database_start_failed", detail=detail) from None


def cluster_at(home: Path, pg_bin: Path | None = None) -> Cluster:
    """The cluster of a home, as everything but tests uses it."""
    return Cluster(data_home(home) / CLUSTER_FOLDER, find_binaries(pg_bin))
