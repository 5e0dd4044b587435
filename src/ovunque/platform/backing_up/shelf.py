"""The folder of backups: bases by their instant, and the log that carries them on."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ovunque.kernel.refusal import Refusal

STAMP = "%Y%m%dT%H%M%SZ"
PARTIAL = ".partial"  # The end of the log, still growing.
LOG_FILE = re.compile(r"[0-9A-F]{24}|[0-9A-F]{8}\.history")
LABEL = "backup_label"  # Says from which file of the log a base has to be carried on.
FIRST_FILE = re.compile(r"^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Base:
    """A whole copy of the data folder, complete at an instant."""

    folder: Path
    at: datetime

    @property
    def first_log_file(self) -> str:
        found = FIRST_FILE.search((self.folder / LABEL).read_text())
        if found is None:
            raise Refusal("backup_failed", detail=f"{self.folder / LABEL} names no log")
        return found[1]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where one cluster's backups lie; two clusters never share one."""

    root: Path

    @property
    def bases(self) -> Path:
        return self.root / "base"

    @property
    def log(self) -> Path:
        return self.root / "wal"

    def list_bases(self) -> list[Base]:
        """All complete ones, oldest first."""
        found = self.bases.glob("*Z") if self.bases.is_dir() else ()
        return [Base(each, instant_of(each.name)) for each in sorted(found)]

    def newest(self, until: datetime | None) -> Base:
        """The base to start from for the state at an instant, or for the latest."""
        fit = [each for each in self.list_bases() if until is None or each.at <= until]
        if not fit:
            raise Refusal("backup_missing", folder=self.root, until=until or "now")
        return fit[-1]

    def log_files(self, since: str) -> Iterator[tuple[Path, str]]:
        """Each file of the log from a base on, and the name it goes by; the growing one last."""
        files = sorted(self.log.iterdir()) if self.log.is_dir() else []
        whole = {each.name for each in files}
        for each in files:
            name = each.name.removesuffix(PARTIAL)
            is_end = each.name != name
            # A file's name begins with its timeline; what counts is the place behind it.
            is_old = len(name) == len(since) and name[8:] < since[8:]
            if LOG_FILE.fullmatch(name) and not is_old and not (is_end and name in whole):
                yield each, name


def instant_of(name: str) -> datetime:
    return datetime.strptime(name, STAMP).replace(tzinfo=UTC)


def run(command: Sequence[str | Path]) -> None:
    """A program of PostgreSQL's, to its end; refused with its last words when it fails."""
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Refusal("backup_failed", detail=(said or ["no reason given"])[-1])
