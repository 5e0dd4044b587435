"""`ovunque import` and `ovunque export`: files of a kind into the database, and out of it."""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import IO, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ovunque.cli.availability import export_channel
from ovunque.cli.session import open_session
from ovunque.furnishing import intake_of
from ovunque.integrations.files.bad import Bad
from ovunque.integrations.files.content import refused
from ovunque.integrations.files.exporting import Format, export_file
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kind import SOURCE, Kind
from ovunque.integrations.files.kinds import KINDS, find_kind
from ovunque.integrations.files.renaming import parse_renames
from ovunque.integrations.files.runs import Imported, ImportRequest, State, Step, Tools
from ovunque.kernel.ids import public_id

REFUSED = 1
LINE_SECONDS = 5.0

KindName = Annotated[
    str, typer.Argument(metavar="KIND", help=f"What the file holds: {', '.join(KINDS)}.")
]
TemplateOrComplete = Annotated[
    bool | None,
    typer.Option(
        "--template/--complete",
        help="Print columns and two example rows; or, of stock: what is not named is not there.",
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--map", help="theirs=ours: a column or field called otherwise; it is remembered."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def import_kind(
    kind: KindName,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="CSV or NDJSON, gzipped or not.")
    ] = None,
    *,
    template: TemplateOrComplete = None,
    apply_good: Annotated[
        bool | None,
        typer.Option(
            "--apply-good/--dry-run",
            help="Apply the good rows even if others are bad; or check all and apply nothing.",
        ),
    ] = None,
    errors: Annotated[
        Path | None, typer.Option(help="Where bad rows go; by default beside the file.")
    ] = None,
    source: Annotated[str, typer.Option(help="Whose books the rows come from.")] = SOURCE,
    names: Names = None,
    as_json: AsJson = False,
) -> None:
    """Import a file: all its rows, or none if one is bad. Cut off, it goes on where it was."""
    found = known_kind(kind)
    complete = template is False
    if template:
        print(found.template, end="")
        return
    if file is None:
        raise typer.BadParameter("Say which file, or ask for the --template.", param_hint="FILE")
    if complete and found.name != "stock":
        raise typer.BadParameter("--complete goes with stock.")
    request = ImportRequest(
        kind=found,
        complete=complete,
        path=file,
        errors=errors or beside(file, ".errors.csv"),
        source=source,
        renames=parse_renames(names or ()),
        apply_good=apply_good is True,
        dry_run=apply_good is False,
    )
    with open_session() as session, progress() as tell:
        tools = Tools(clock=session.now, new_id=session.new_id, tell=tell, door=intake_of)
        imported = import_file(session.database, session.actor, request, tools)
    report(imported, file)
    print(json.dumps(document(imported, file)) if as_json else sentence(imported))
    if is_refused(imported):
        raise typer.Exit(REFUSED)


def is_refused(imported: Imported) -> bool:
    """Whether something keeps the file from being applied as it is."""
    run, foreseen = imported.run, imported.foreseen
    if run.state == State.CHECKING:
        return run.bad > 0 or (foreseen is not None and foreseen.held)
    return run.state in (State.FAILED, State.HELD)


def export_kind(
    kind: KindName,
    *,
    told: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.CSV,
    out: Annotated[Path | None, typer.Option(help="Into this file; else printed.")] = None,
    channel: Annotated[
        str | None, typer.Option(help="Of stock: what this channel may sell, an item a row.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="With a channel: only what changed behind this cursor.")
    ] = None,
) -> None:
    """Export what stands, with the columns of the import."""
    found = known_kind(kind)
    if (channel is not None and found.name != "stock") or (since is not None and channel is None):
        raise typer.BadParameter("--channel goes with stock, --since with a channel.")
    if channel is not None:
        with open_session() as session, written_to(out) as file:
            rows = export_channel(session.database, channel, since, told, file)
        print(f"{rows} items.", file=sys.stderr)
        return
    with open_session() as session, written_to(out) as file:
        now = session.now()
        rows = session.database.read(lambda tx: export_file(tx, found, now, told, file))
    print(f"{rows} rows of {found.name}.", file=sys.stderr)


def known_kind(name: str) -> Kind:
    found = find_kind(name)
    if found is None:
        raise typer.BadParameter(f"Say one of {', '.join(KINDS)}.", param_hint="KIND")
    return found


def report(imported: Imported, file: Path) -> None:
    """The first bad rows, for a person who mends them."""
    run = imported.run
    if not run.bad:
        return
    print(f"{file.name}: {run.bad} bad rows", file=sys.stderr)
    for each in imported.first:
        print(f"  {describe(each)}", file=sys.stderr)
    if imported.errors:
        print(f"All of them, with their reasons: {imported.errors}", file=sys.stderr)
    if imported.errors_lost:
        print(f"They could not be written: {imported.errors_lost}.", file=sys.stderr)


def describe(each: Bad) -> str:
    place = f"line {each.line}, {each.column}" if each.column else f"line {each.line}"
    return f"{place}: {each.reason}" + (f" ({each.value})" if each.value else "")


def sentence(imported: Imported) -> str:
    """What came of it."""
    run = imported.run
    if run.state == State.CHECKING:
        told = f"{run.rows} rows could be applied, {run.bad} could not; nothing was."
        return f"{told}{foresight(imported)}"
    if run.state == State.HELD:
        return f"Nothing was applied: {run.reason}."
    if run.state == State.FAILED:
        return f"Nothing was applied: {run.bad} of {run.rows + run.bad} rows are bad."
    told = f"created {run.created}, changed {run.changed}, unchanged {run.unchanged}"
    before = f", {imported.resumed} of them before" if imported.resumed else ""
    left_out = f"; {run.bad} bad rows left out" if run.bad else ""
    return f"{run.rows} rows applied{before}: {told}{left_out}."


def foresight(imported: Imported) -> str:
    """What a dry run saw coming of counts."""
    foreseen = imported.foreseen
    if foreseen is None:
        return ""
    zeroed = (
        f" {foreseen.zeroed} levels that have units would have none." if foreseen.zeroed else ""
    )
    held = " It would be held until a person has looked at it." if foreseen.held else ""
    return zeroed + held


def document(imported: Imported, file: Path) -> dict[str, Any]:
    run = imported.run
    return {
        "id": None if run.state == State.CHECKING else public_id("imp", run.id),
        "kind": run.key.kind,
        "file": str(file),
        "state": "checked" if run.state == State.CHECKING else run.state,
        "reason": run.reason,
        "rows": run.rows,
        "bad": run.bad,
        "done": run.done,
        "resumed": imported.resumed,
        "would_be_zeroed": imported.foreseen.zeroed if imported.foreseen else None,
        "would_be_held": imported.foreseen.held if imported.foreseen else None,
        "created": run.created,
        "changed": run.changed,
        "unchanged": run.unchanged,
        "errors": [each._asdict() for each in imported.first],
        "errors_file": str(imported.errors) if imported.errors else None,
    }


@contextmanager
def progress() -> Iterator[Any]:
    """Somebody to tell how far it is: a bar for a person, else a line every few seconds."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        yield Bar(bars)


class Bar:
    """A bar on the terminal, started again with each stage."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task = bars.add_task("starting", total=None)
        self._stage = ""

    def __call__(self, step: Step) -> None:
        if step.stage != self._stage:
            self._stage = step.stage
            self._bars.reset(self._task, description=step.stage)
        self._bars.update(self._task, completed=step.done, total=step.total or None)


class Lines:
    """A line now and then, for a log."""

    def __init__(self) -> None:
        self._told_at = monotonic()
        self._stage = ""

    def __call__(self, step: Step) -> None:
        now = monotonic()
        if step.stage == "waiting":
            print("Another process imports this file; waiting for it.", file=sys.stderr)
        elif now - self._told_at >= LINE_SECONDS:
            self._told_at = now
            percent = 100 * step.done // max(1, step.total)
            print(f"{step.stage} {percent} %", file=sys.stderr, flush=True)


def beside(path: Path, ending: str) -> Path:
    """A path in the same folder; `.` has no name that could be lengthened."""
    named = path.resolve()
    if not named.name:
        raise refused(str(path), "is a folder")
    return named.with_name(named.name + ending)


@contextmanager
def written_to(out: Path | None) -> Iterator[IO[str]]:
    """Standard output, or a file that is there as a whole or not at all."""
    if out is None:
        sys.stdout.flush()
        file = io.TextIOWrapper(sys.stdout.buffer, "utf-8", newline="", write_through=True)
        try:
            yield file
        finally:
            file.detach()
        return
    partial = beside(out, ".part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as opened:
            yield opened
        os.replace(partial, out)
    except OSError as error:
        raise refused(out.name, f"cannot be written: {(error.strerror or '').lower()}") from None
    finally:
        partial.unlink(missing_ok=True)
