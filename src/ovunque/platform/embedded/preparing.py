"""Everything a server needs in its folder before it starts."""

import os
import shutil
from pathlib import Path

from ovunque.kernel.refusal import Refusal
from ovunque.platform.embedded.account import Account, make_private
from ovunque.platform.embedded.binaries import BinFolder
from ovunque.platform.embedded.layout import OWNER, Layout
from ovunque.platform.embedded.tuning import settings_text

LOG_BYTES_MAX = 8 * 1024 * 1024
BUILTIN_LOCALE_MAJOR_MIN = 17
INCLUDE = "\ninclude = '../settings.conf'\n\n# Your own settings go below this line.\n"


def prepare(
    layout: Layout, programs: BinFolder, account: Account, durable: bool, lock: int
) -> None:
    """Make what is missing, and clear what an interrupted start left."""
    for private in dict.fromkeys((layout.run, layout.sockets)):
        make_private(private, account)
    layout.settings.write_text(settings_text(layout.sockets, durable))
    layout.settings.chmod(0o644)
    if layout.log.exists() and layout.log.stat().st_size > LOG_BYTES_MAX:
        layout.log.replace(layout.log.with_suffix(".log.old"))
    if not layout.data.exists():
        make_data(layout, programs, account, durable, lock)
    check_data(layout, programs, account)


def make_data(
    layout: Layout, programs: BinFolder, account: Account, durable: bool, lock: int
) -> None:
    """A new data folder: complete, or not there at all.

    initdb inherits the lock: if we are killed now, nobody touches its folder before it ends.
    """
    if layout.unfinished.exists():
        shutil.rmtree(layout.unfinished)
    make_private(layout.unfinished, account)
    complaint = account.run(initdb(programs, layout.unfinished, durable), cwd=layout.run, held=lock)
    if complaint:
        raise Refusal("database_start_failed", detail=complaint)
    with (layout.unfinished / "postgresql.conf").open("a") as settings:
        settings.write(INCLUDE)
        settings.flush()
        os.fsync(settings.fileno())
    layout.unfinished.rename(layout.data)
    os.fsync(lock)  # It is the folder's own handle: the new name survives a power cut.


def initdb(programs: BinFolder, data: Path, durable: bool) -> list[str | Path]:
    """Text is UTF-8 and sorted by code point on every version and machine."""
    command: list[str | Path] = [programs.path / "initdb", "-D", data, "-U", OWNER, "-E", "UTF8"]
    command += ["--locale=C.UTF-8", "--lc-messages=C"]
    if programs.major >= BUILTIN_LOCALE_MAJOR_MIN:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--auth-local=trust", "--auth-host=reject"]  # Whoever may enter the folder.
    command += ["--data-checksums", "--no-instructions"]
    return command if durable else [*command, "--no-sync"]


def check_data(layout: Layout, programs: BinFolder, account: Account) -> None:
    """Refuse data of another user or of another major version: the server would not start."""
    owner = layout.data.stat().st_uid
    if owner != account.uid:
        detail = f"its data belongs to user id {owner}, the server would run as {account.name}"
        raise Refusal("database_home_closed", folder=layout.root, detail=detail)
    made_by = (layout.data / "PG_VERSION").read_text().strip()
    if made_by != str(programs.major):
        raise Refusal(
            "database_start_failed",
            detail=f"{layout.data} was made by PostgreSQL {made_by}, and {programs.path} is "
            f"{programs.version}; set OVUNQUE_PG_BIN to a bin folder of {made_by}",
        )
