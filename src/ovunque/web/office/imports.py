"""Files that people send: what is being imported, how far it is, what was wrong with it."""

import shutil
from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import fastapi
from fastapi import UploadFile
from pydantic import Field
from starlette.responses import FileResponse, PlainTextResponse, Response

from ovunque.access.model import Actor, Role
from ovunque.integrations.files import pausing
from ovunque.integrations.files.kind import SOURCE, Kind
from ovunque.integrations.files.kinds import KINDS, find_kind
from ovunque.integrations.files.receiving import (
    Upload,
    errors_of,
    file_of,
    find_run,
    folder_in,
    list_runs,
    receive,
)
from ovunque.integrations.files.renaming import parse_renames
from ovunque.integrations.files.runs import PastRun, Run
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_code
from ovunque.platform.database import Tx
from ovunque.web import words
from ovunque.web.screens import Form, screens
from ovunque.web.visiting import Visit, Visiting

PAGE_ROWS = 20
CSV = "text/csv"
PERSONAL = frozenset({"customers", "orders"})  # What only some people may see.

router = screens(frozenset({Role.MERCHANDISER, Role.ADMIN}))


class ImportForm(Form):
    kind: str = Field(max_length=64)
    source: str = Field(default=SOURCE, max_length=64)
    apply_good: bool = False
    names: str = Field(default="", max_length=10_000)
    file: UploadFile


@router.get("/imports")
def get_imports(
    visit: Visiting, before: Annotated[str, fastapi.Query(max_length=64)] = ""
) -> Response:
    """The form, and what was sent so far."""
    behind = parse_public_id("imp", before) if before else None
    found = visit.read(lambda tx: list_runs(tx, kinds_for(visit), behind, PAGE_ROWS + 1))
    return show(visit, found)


@router.post("/imports")
def post_import(visit: Visiting, form: Annotated[ImportForm, fastapi.Form()]) -> Response:
    """Keep the file and leave it to the worker; a file that is none of its kind is refused here."""
    try:
        upload = upload_of(visit, form)
        folder = folder_in(visit.house.settings.home)
        with file_of(folder, upload.run_id).open("wb") as kept:
            shutil.copyfileobj(form.file.file, kept)
        run = receive(visit.house.database, visit.by, folder, upload, visit.now)
    except Refusal as refusal:
        found = visit.read(lambda tx: list_runs(tx, kinds_for(visit), None, PAGE_ROWS + 1))
        return show(visit, found, refusal, form)
    return visit.go(f"/imports#{public_id('imp', run.id)}")


@router.post("/imports/{import_id}/pause")
def post_pause(visit: Visiting, import_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """No further portion is applied until somebody has it go on."""
    return turn(visit, import_id, pausing.pause)


@router.post("/imports/{import_id}/resumption")
def post_resumption(
    visit: Visiting, import_id: str, _: Annotated[Form, fastapi.Form()]
) -> Response:
    """It goes on behind what is applied."""
    return turn(visit, import_id, pausing.go_on)


def turn(visit: Visit, import_id: str, act: Callable[[Tx, Actor, UUID, datetime], Run]) -> Response:
    run_id = find(visit, parse_public_id("imp", import_id))
    try:
        visit.transact(lambda tx: act(tx, visit.by, run_id, visit.now))
    except Refusal as refusal:
        found = visit.read(lambda tx: list_runs(tx, kinds_for(visit), None, PAGE_ROWS + 1))
        return show(visit, found, refusal)
    return visit.go(f"/imports#{import_id}")


@router.get("/imports/{import_id}/errors")
def get_import_errors(visit: Visiting, import_id: str) -> Response:
    """The bad rows, each with its line, column and reason: to be mended and sent again."""
    run = find(visit, parse_public_id("imp", import_id))
    path = errors_of(folder_in(visit.house.settings.home), run)
    if not path.is_file():
        raise Refusal("not_found", what="bad rows of this import")
    return FileResponse(path, media_type=CSV, filename=f"{import_id}.csv")


@router.get("/imports/templates/{kind}.csv")
def get_template(visit: Visiting, kind: str) -> Response:
    """The columns of a kind, with two rows that show how they are filled."""
    found = kind_for(visit, kind)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}.csv"'}
    return PlainTextResponse(found.template, headers=headers, media_type=CSV)


def upload_of(visit: Visit, form: ImportForm) -> Upload:
    if not form.file.size:
        raise Refusal("invalid", detail="choose a file first.")
    if not is_code(form.source):
        raise Refusal("invalid", detail="the name of a source is a code: letters, digits, - and _.")
    return Upload(
        run_id=visit.house.new_id(),
        kind=kind_for(visit, form.kind),
        source=form.source,
        apply_good=form.apply_good,
        renames=parse_renames(line for line in form.names.splitlines() if line.strip()),
    )


def kinds_for(visit: Visit) -> tuple[str, ...]:
    """What somebody may import: files of people are not for merchandisers."""
    hidden = frozenset() if visit.person.role == Role.ADMIN else PERSONAL
    return tuple(name for name in KINDS if name not in hidden)


def kind_for(visit: Visit, name: str) -> Kind:
    found = find_kind(name)
    if found is None or found.name not in kinds_for(visit):
        raise Refusal("not_found", what=f"kind {name}")
    return found


def find(visit: Visit, run_id: UUID) -> UUID:
    run = visit.read(lambda tx: find_run(tx, run_id))
    kind_for(visit, run.key.kind)
    return run.id


def show(
    visit: Visit,
    found: tuple[PastRun, ...],
    refusal: Refusal | None = None,
    form: ImportForm | None = None,
) -> Response:
    shown = found[:PAGE_ROWS]
    suggested = refusal.details.get("suggested", {}) if refusal else {}
    names = [f"{theirs}={ours}" for theirs, ours in suggested.items()]
    last = public_id("imp", shown[-1].run.id) if len(found) > PAGE_ROWS else None
    return visit.page(
        "office/imports.html",
        status=200 if refusal is None else 422,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        kinds=[(name, words.IMPORT[name]) for name in kinds_for(visit)],
        chosen=form.kind if form else "stock",
        source=form.source if form else SOURCE,
        names="\n".join([*(form.names.split("\n") if form and form.names else ()), *names]),
        rows=[Row(each, visit.now) for each in shown],
        is_moving=any(each.run.is_open and not each.run.is_paused for each in shown),
        older=f"/imports?before={last}" if last else None,
    )


class Pace:
    """How fast a run is, and how long the rest will take at that."""

    def __init__(self, past: PastRun, now: datetime) -> None:
        seconds = max(1.0, (now - past.started_at).total_seconds())
        self.rows_a_second = max(1, round(past.run.done / seconds))
        left = max(0, past.run.rows - past.run.done)
        self.minutes_left = -(-left // (60 * self.rows_a_second))


class Row:
    """One run in the list."""

    def __init__(self, past: PastRun, now: datetime) -> None:
        self.run = past.run
        self.past = past
        self.kind = words.IMPORT[past.run.key.kind]
        self.state = words.IMPORT_STATE["paused" if past.run.is_paused else past.run.state]
        self.id = public_id("imp", past.run.id)
        is_moving = past.run.is_open and not past.run.is_paused
        self.pace = Pace(past, now) if is_moving and past.run.done else None
        self.feed = past.run.feed
