"""Lines of JSON, as many as there are: kept as they come, then imported as a file would be.

Nothing is applied before the last line is here, so that a full feed is looked at as a whole, and a
connection that is cut leaves nothing behind. From there on a crash leaves what it leaves of a file:
some portions are applied, and the same lines sent again go on behind them.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Actor, Scope
from ovunque.api.call import Services, services_of
from ovunque.api.imports import MAP, ImportTaken, errors_url, keep, read_upload, taken
from ovunque.api.openapi import JSON, NDJSON, HotRoute, Parameter
from ovunque.api.turns import turn
from ovunque.integrations.files.bad import Bad
from ovunque.integrations.files.kind import Kind
from ovunque.integrations.files.movements import MOVEMENTS
from ovunque.integrations.files.receiving import (
    Upload,
    file_of,
    folder_in,
    has_more_lines,
    import_now,
    receive,
)
from ovunque.integrations.files.runs import Imported, Run, State, Tools
from ovunque.integrations.files.stock import STOCK
from ovunque.kernel.refusal import Fault, Refusal

LINES_AT_ONCE_MAX = 50_000  # More are left to the worker: its answer says how to follow it.
DONE, WAITING = 200, 202
FLAGS = {"type": "boolean", "default": False}


class CountsAnswer(Struct, kw_only=True):
    """How many levels took the count, and how many knew it or a newer one already.

    A held feed has changed nothing yet: a person looks at it first.
    """

    changed: int
    unchanged: int
    held: str | None = None
    run: ImportTaken | UnsetType = msgspec.field(name="import", default=UNSET)  # Of lines.


class MovementsTold(Struct, kw_only=True):
    """How many movements were booked, and how many had been before or wait for somebody."""

    booked: int
    known: int
    run: ImportTaken = msgspec.field(name="import")


class Taken(NamedTuple):
    run: Run
    answer: ImportTaken


async def post_count_lines(request: Request, by: Actor) -> Response:
    """Tell what was counted, line by line."""
    run, told = await take(request, by, STOCK)
    answer = CountsAnswer(changed=run.changed, unchanged=run.unchanged, held=run.feed, run=told)
    return respond(run, answer)


async def post_movement_lines(request: Request, by: Actor) -> Response:
    """Tell what came and went, line by line."""
    run, told = await take(request, by, MOVEMENTS)
    return respond(run, MovementsTold(booked=run.created, known=run.unchanged, run=told))


def respond(run: Run, answer: CountsAnswer | MovementsTold) -> Response:
    status = DONE if run.state == State.DONE else WAITING
    return Response(msgspec.json.encode(answer), status, media_type=JSON)


async def take(request: Request, by: Actor, kind: Kind) -> Taken:
    """Keep the lines; import them now, or leave many of them to the worker."""
    services = services_of(request)
    if "source" not in request.query_params:
        raise missing_source()
    known = {"source", "apply_good", "map", *({"complete"} if kind is STOCK else ())}
    upload = read_upload(request.query_params, kind, services.new_id(), known=known)
    folder = await run_in_threadpool(folder_in, services.settings.home)
    await keep(request, file_of(folder, upload.run_id))
    async with turn():
        run = await run_in_threadpool(import_lines, services, by, upload)
    return Taken(run, taken(run))


def missing_source() -> Refusal:
    fault = Fault("query:source", "missing", "Lines need the source that tells them.")
    return Refusal("invalid", detail=fault.detail, errors=(fault,))


def import_lines(services: Services, by: Actor, upload: Upload) -> Run:
    """Refused with the bad lines if there are any and the good ones were not asked for."""
    folder = folder_in(services.settings.home)
    path = file_of(folder, upload.run_id)
    try:
        is_long = has_more_lines(path, LINES_AT_ONCE_MAX)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if is_long:
        return receive(services.database, by, folder, upload, services.clock())
    tools = Tools(
        clock=services.clock,
        new_id=services.new_id,
        pace=lambda _, by, units: services.weigh(by, units, services.clock()),
    )
    imported = import_now(services.database, by, folder, upload, tools)
    if imported.run.state == State.FAILED:
        raise refusal_of_rows(imported)
    return imported.run


def refusal_of_rows(imported: Imported) -> Refusal:
    """The first bad rows by their lines; all of them stand in a file."""
    run = imported.run
    told = f"{run.reason}; each of them: {errors_url(run)}"
    return Refusal("invalid", detail=told, errors=tuple(map(fault_of, imported.first)))


def fault_of(bad: Bad) -> Fault:
    """A pointer that begins with the number of the line, counted from one as editors do."""
    at = f"/{bad.line}/{bad.column}" if bad.column else f"/{bad.line}"
    return Fault(at, bad.code, f"Line {bad.line}: {bad.reason}")


def parameters(more: Mapping[str, str]) -> tuple[Parameter, ...]:
    flags = {"apply_good": "Apply the good lines even if others are bad.", **more}
    return (
        Parameter(
            name="source", schema={"type": "string"}, description="Whose books the lines are from."
        ),
        *(Parameter(name=name, schema=FLAGS, description=told) for name, told in flags.items()),
        MAP,
    )


COUNT_PARAMETERS = parameters({"complete": "What is not named at these locations is not there."})
ROUTES = (
    HotRoute(
        method="POST",
        path="/v1/stock/movements",
        endpoint=post_movement_lines,
        scope=Scope.STOCK,
        tag="stock",
        summary="Tell what came and went, line by line",
        description=f"More than {LINES_AT_ONCE_MAX} lines are left to the worker.",
        lines="MovementBody",
        request_media=(NDJSON,),
        beside=True,
        response=MovementsTold,
        also=(WAITING,),
        bulk=True,
        parameters=parameters({}),
    ),
)
