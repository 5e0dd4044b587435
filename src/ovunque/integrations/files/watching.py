"""A folder that is watched: whoever can write a file there can tell us of stock.

A file is named for what it holds and who tells it: `stock.wms.csv.gz`, or `stock.csv`. It is taken
by renaming it, so one worker has it; a crash leaves it where the next look finds it and goes on
behind what was applied. Done files go to `done`, others to `failed` with their bad rows beside.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ovunque.access.model import Actor
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kind import SOURCE, Kind
from ovunque.integrations.files.kinds import find_kind
from ovunque.integrations.files.runs import ImportRequest, State, Tools
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_code
from ovunque.platform import refusals
from ovunque.platform.database import Database

WORKING, DONE, FAILED = "working", "done", "failed"
ERRORS = ".errors.csv"
REASON = ".reason.txt"
QUIET = timedelta(seconds=2)  # A file that was written to a moment ago is not whole yet.
COMPLETE = "complete"
UNFINISHED = (".part", ".tmp", ".filepart")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the name of a file says of it."""

    kind: Kind
    source: str
    complete: bool


def watch(database: Database, by: Actor, folder: Path, tools: Tools) -> int:
    """Import what lies in the folder, the oldest name first; returns how many came to an end."""
    for each in (WORKING, DONE, FAILED):
        (folder / each).mkdir(mode=0o700, parents=True, exist_ok=True)
    claim(folder, tools.clock())
    ended = 0
    for path in sorted((folder / WORKING).iterdir()):
        if not path.name.endswith((ERRORS, REASON)):
            ended += take(database, by, path, tools)
    return ended


def claim(folder: Path, now: datetime) -> None:
    """Take what is whole: renamed, a file belongs to whoever did it first."""
    for path in sorted(folder.iterdir()):
        try:
            if is_whole(path, now):
                path.rename(folder / WORKING / path.name)
        except FileNotFoundError:
            continue  # Another worker was here a moment before.


def is_whole(path: Path, now: datetime) -> bool:
    hidden = path.name.startswith(".") or path.name.endswith(UNFINISHED)
    if hidden or path.is_symlink() or not path.is_file():
        return False
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) <= now - QUIET


def take(database: Database, by: Actor, path: Path, tools: Tools) -> int:
    """One file, from where it was left; a file that another worker has is left to that one."""
    errors = path.with_name(path.name + ERRORS)
    try:
        named = read_name(path.name)
        request = ImportRequest(
            kind=named.kind,
            path=path,
            errors=errors,
            source=named.source,
            complete=named.complete,
            waits=False,
        )
        done = import_file(database, by, request, tools)
    except Refusal as refusal:
        if refusal.code == "busy" or not path.exists():
            return 0
        return put_away(path, FAILED, refusals.explain(refusal))
    if done.run.state in (State.FAILED, State.HELD):
        return put_away(path, FAILED, done.run.reason or "It was not applied.")
    return put_away(path, DONE, None)


def read_name(name: str) -> Named:
    """`stock.wms.csv`: the kind, and whose books they are; without one, those of files.

    `stock.wms.complete.csv`: its locations were counted whole.
    """
    kind_name, *rest = name.split(".")
    kind = find_kind(kind_name.lower())
    source = rest[0] if len(rest) > 1 and rest[0].lower() not in ("csv", "ndjson", "gz") else SOURCE
    if kind is None or not is_code(source):
        detail = f"{name[:80]} is not named for what it holds, like stock.wms.csv."
        raise Refusal("invalid", detail=detail)
    complete = kind.name == "stock" and COMPLETE in map(str.lower, rest[1:])
    return Named(kind=kind, source=source, complete=complete)


def put_away(path: Path, where: str, reason: str | None) -> int:
    """Out of the way, with its bad rows and the reason beside it; an older one of its name goes."""
    target = path.parent.parent / where / path.name
    try:
        path.replace(target)
    except FileNotFoundError:
        return 0  # Another worker found it done already, and was faster.
    errors = path.with_name(path.name + ERRORS)
    if errors.exists():
        errors.replace(target.with_name(errors.name))
    if reason is not None:
        target.with_name(path.name + REASON).write_text(reason + "\n", encoding="utf-8")
    return 1


def forget(folder: Path, before: datetime) -> int:
    """Remove what was taken before an instant: such files name people. Returns how many."""
    old = [
        path
        for where in (DONE, FAILED)
        for path in ((folder / where).iterdir() if (folder / where).is_dir() else ())
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
