"""Files of many rows: sent once, imported by the worker, asked about until they are done."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Query, Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse

from ovunque.access.model import Actor, Scope
from ovunque.api.bodies import Instant, Shown
from ovunque.api.call import Call, Caller, need, services_of
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import PublicId
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.integrations.files import pausing
from ovunque.integrations.files.columns import listed
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
from ovunque.integrations.files.renaming import NAMES_MAX, parse_renames, strangers
from ovunque.integrations.files.runs import PastRun, Run, State
from ovunque.integrations.files.stock import STOCK
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.text import is_code
from ovunque.platform.http.faults import refusal_of

JSON, CSV, FORM = "application/json", "text/csv", "multipart/form-data"
MEDIA = (CSV, "application/x-ndjson", "application/gzip", "application/octet-stream", FORM)
FIELD = "file"
ACCEPTED = 202
# Beside the scope of all imports: what a key has to be allowed to write.
SCOPES = {
    "stock": Scope.STOCK,
    "movements": Scope.STOCK,
    "customers": Scope.CUSTOMERS,
    "orders": Scope.ORDERS,
}

ImportId = Annotated[UUID, PublicId("imp")]

router = resource("imports")


class ImportTaken(Struct, kw_only=True):
    """A file that will be imported, or is already if the same content was sent before."""

    id: str
    state: str
    rows: int
    bad: int
    done: int
    errors_url: str


class ImportShown(Shown):
    """How far an import is: all rows are checked before the first is applied."""

    id: ImportId
    kind: str
    state: str
    paused: bool
    rows: int
    bad: int
    done: int
    created: int
    changed: int
    unchanged: int
    reason: str | None
    errors_url: str


class ImportListed(ImportShown):
    """An import among others: whose books it came from, who sent it, and when."""

    source: str
    begun_by: str
    begun_at: Instant
    ended_at: Instant | None


async def post_import(request: Request, by: Actor) -> Response:
    """Keep the file, look at its header, and leave the rest to the worker."""
    services = services_of(request)
    upload = read_query(request, services.new_id())
    refuse_stranger(by, upload.kind.name)
    folder = await run_in_threadpool(folder_in, services.settings.home)
    await keep(request, file_of(folder, upload.run_id))
    now = services.clock()
    run = await run_in_threadpool(receive, services.database, by, folder, upload, now)
    return Response(msgspec.json.encode(taken(run)), ACCEPTED, media_type=JSON)


def taken(run: Run) -> ImportTaken:
    return ImportTaken(
        id=public_id("imp", run.id),
        state=run.state,
        rows=run.rows,
        bad=run.bad,
        done=run.done,
        errors_url=errors_url(run),
    )


def read_query(request: Request, run_id: UUID) -> Upload:
    """What to do with the file stands in the address: the body is the file."""
    query = request.query_params
    return read_upload(query, find_kind(query.get("kind", "")), run_id, known=KNOWN)


def read_names(told: Sequence[str], kind: Kind) -> Mapping[str, str]:
    """What the file calls columns of its kind."""
    try:
        names = parse_renames(told)
    except Refusal as refusal:
        raise refusal_of(
            (Fault("query:map", "malformed", refusal.details["detail"].capitalize()),)
        ) from None
    unknown = strangers(names, kind.columns)
    if unknown:
        detail = (
            f"There is no column {listed(unknown)}: say one of {', '.join(kind.columns.names)}."
        )
        raise refusal_of((Fault("query:map", "unknown_field", detail),))
    return names


def read_upload(
    query: QueryParams, kind: Kind | None, run_id: UUID, *, known: Collection[str]
) -> Upload:
    """The same for one whose kind is known already."""
    source, apply_good = query.get("source", SOURCE), query.get("apply_good", "false")
    complete = query.get("complete", "false")
    faults = [
        Fault(f"query:{name}", "unexpected", f"Say only {listed(sorted(known))}.")
        for name in query
        if name not in known
    ]
    if kind is None:
        faults.append(Fault("query:kind", "not_allowed", f"Say one of {', '.join(KINDS)}."))
    if not is_code(source):
        faults.append(Fault("query:source", "malformed", "The name of a source is a code."))
    if apply_good not in ("true", "false"):
        faults.append(Fault("query:apply_good", "not_allowed", "Say true or false."))
    if complete not in ("true", "false") or (complete == "true" and kind is not STOCK):
        detail = "Say true or false; only counts of stock are complete."
        faults.append(Fault("query:complete", "not_allowed", detail))
    if kind is None or faults:
        raise refusal_of(faults)
    return Upload(
        run_id=run_id,
        kind=kind,
        source=source,
        apply_good=apply_good == "true",
        complete=complete == "true",
        paced=True,
        renames=read_names(query.getlist("map"), kind),
    )


def refuse_stranger(by: Actor, kind: str) -> None:
    """A file of customers shows and changes what only some keys may see."""
    if not may_see(by, kind):
        raise Refusal("forbidden", scope=scope_of(kind).value)


def may_see(by: Actor, kind: str) -> bool:
    return by.may(scope_of(kind))


def scope_of(kind: str) -> Scope:
    return SCOPES.get(kind, Scope.CONFIG)


async def keep(request: Request, path: Path) -> None:
    """Keep the body as a whole, or nothing of it."""
    try:
        await keep_body(request, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


async def keep_body(request: Request, path: Path) -> None:
    """Write the body, or the file of a form, as it comes."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
        await keep_form(request, path)
        return
    with path.open("wb") as file:
        async for block in request.stream():
            file.write(block)


async def keep_form(request: Request, path: Path) -> None:
    async with request.form(max_files=1, max_fields=0) as form:
        upload = form.get(FIELD)
        if not isinstance(upload, UploadFile):
            detail = f"A form has the file in its field {FIELD}."
            raise refusal_of((Fault(f"/{FIELD}", "missing", detail),))
        with path.open("wb") as file:
            await run_in_threadpool(shutil.copyfileobj, upload.file, file)


@router.get("/imports", dependencies=[need(Scope.STOCK)])
def get_imports(
    call: Caller,
    page: Paging,
    kind: Annotated[str | None, Query(json_schema_extra={"enum": [*KINDS]})] = None,
    state: Annotated[State | None, Query()] = None,
) -> Listed[ImportListed]:
    """Imports of what the key may write, newest first, as long as they are remembered."""
    kinds = kinds_wanted(call.by, kind)
    before = page.after_id("imp")
    found = call.read(lambda tx: list_runs(tx, kinds, before, page.rows_max, state))
    return page.show(found, show_past, lambda each: public_id("imp", each.run.id))


def kinds_wanted(by: Actor, named: str | None) -> list[str]:
    """The kind that is named; else all that a key may see."""
    if named is None:
        return [kind for kind in KINDS if may_see(by, kind)]
    kind = find_kind(named)
    if kind is None:
        detail = f"Say one of {', '.join(KINDS)}."
        raise refusal_of((Fault("query:kind", "not_allowed", detail),))
    refuse_stranger(by, kind.name)
    return [kind.name]


def show_past(past: PastRun) -> ImportListed:
    return ImportListed(
        **show_run(past.run).model_dump(),
        source=past.run.key.source,
        begun_by=past.actor,
        begun_at=past.started_at,
        ended_at=past.ended_at,
    )


@router.get("/imports/{import_id}", dependencies=[need(Scope.STOCK)])
def get_import(import_id: ImportId, call: Caller) -> ImportShown:
    """How far an import is, and what came of it."""
    return show_run(find(call, import_id))


@router.post(
    "/imports/{import_id}/pause",
    status_code=201,
    response_model=ImportShown,
    dependencies=[need(Scope.STOCK)],
)
def post_import_pause(import_id: ImportId, call: Caller, once: Once) -> Response:
    """Have an import wait: what is applied stays, and no further portion is."""
    find(call, import_id)
    return once.run(lambda tx: show_run(pausing.pause(tx, call.by, import_id, call.now)))


@router.post(
    "/imports/{import_id}/resumption",
    status_code=201,
    response_model=ImportShown,
    dependencies=[need(Scope.STOCK)],
)
def post_import_resumption(import_id: ImportId, call: Caller, once: Once) -> Response:
    """Have it go on behind what is applied."""
    find(call, import_id)
    return once.run(lambda tx: show_run(pausing.go_on(tx, call.by, import_id, call.now)))


def show_run(run: Run) -> ImportShown:
    return ImportShown(
        id=run.id,
        kind=run.key.kind,
        state=run.state,
        paused=run.is_paused,
        rows=run.rows,
        bad=run.bad,
        done=run.done,
        created=run.created,
        changed=run.changed,
        unchanged=run.unchanged,
        reason=run.reason,
        errors_url=errors_url(run),
    )


@router.get(
    "/imports/{import_id}/errors",
    dependencies=[need(Scope.STOCK)],
    response_class=FileResponse,
    responses={200: {"content": {CSV: {}}, "description": "line,column,value,code,reason"}},
)
def get_import_errors(import_id: ImportId, call: Caller) -> FileResponse:
    """The bad rows of an import, all of them, as CSV."""
    run = find(call, import_id)
    path = errors_of(folder_in(call.services.settings.home), run.id)
    if not path.is_file():
        raise Refusal("not_found", what="bad rows of this import")
    return FileResponse(path, media_type=CSV, filename=f"{public_id('imp', run.id)}.csv")


def find(call: Call, import_id: UUID) -> Run:
    run = call.read(lambda tx: find_run(tx, import_id))
    refuse_stranger(call.by, run.key.kind)
    return run


def errors_url(run: Run) -> str:
    return f"/v1/imports/{public_id('imp', run.id)}/errors"


KNOWN = frozenset({"kind", "source", "apply_good", "complete", "map"})
MAP = Parameter(
    name="map",
    schema={"type": "array", "items": {"type": "string"}, "maxItems": NAMES_MAX},
    description=(
        "theirs=ours, as often as needed: a column or field that is called otherwise. "
        "Names that fit are remembered for the kind and the source."
    ),
)
ROUTES = (
    HotRoute(
        method="POST",
        path="/v1/imports",
        endpoint=post_import,
        scope=Scope.STOCK,
        tag="imports",
        summary="Send a file to be imported",
        description=(
            f"CSV or NDJSON, gzipped or not, as the body ({', '.join(MEDIA[:-1])}) or in the field "
            f"`{FIELD}` of a form. The same content sent again while it waits is the same import."
        ),
        request_media=MEDIA,
        response=ImportTaken,
        status=ACCEPTED,
        bulk=True,
        parameters=(
            Parameter(
                name="kind",
                schema={"type": "string", "enum": list(KINDS)},
                required=True,
                description="What the file holds; any kind but stock needs its own scope too.",
            ),
            Parameter(
                name="source",
                schema={"type": "string", "default": SOURCE},
                description="Whose books the counts of a stock file come from.",
            ),
            Parameter(
                name="apply_good",
                schema={"type": "boolean", "default": False},
                description="Apply the good rows even if others are bad.",
            ),
            MAP,
            Parameter(
                name="complete",
                schema={"type": "boolean", "default": False},
                description="Of stock: what the file does not name at its locations is not there.",
            ),
        ),
    ),
)
