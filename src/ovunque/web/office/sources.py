"""How the numbers of a source are read: said once, and again when its books change."""

from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.kernel.money import digits_of
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_code
from ovunque.stock import describing
from ovunque.stock.describing import Listened
from ovunque.stock.model.feeding import Reports, Source, SourceKind, SourceRequest
from ovunque.web import reading
from ovunque.web.screens import Form, screens
from ovunque.web.visiting import Visit, Visiting

DAY_MS = 86_400_000

router = screens(frozenset({Role.MERCHANDISER}))


class SourceForm(Form):
    code: str = Field(default="", max_length=64)
    version: int = Field(default=0, ge=0, le=10**9)
    kind: SourceKind = SourceKind.BOOK
    reports: Reports = Reports.ON_HAND
    picked_inside: bool = False  # A box that is not ticked says nothing.
    posting_delay_s: int = Field(default=0, ge=0, le=604_800)
    clock_offset_ms: int | None = Field(default=None, ge=-DAY_MS, le=DAY_MS)
    clock_skew_s: int = Field(default=0, ge=0, le=3_600)
    moved_percent_max: int = Field(default=30, ge=0, le=10_000)
    zeroed_percent_max: int = Field(default=20, ge=0, le=100)
    write_off_max: str = Field(default="500.00", max_length=12)


@router.get("/sources")
def get_source(
    visit: Visiting, code: Annotated[str, fastapi.Query(max_length=64)] = ""
) -> Response:
    """One source as it is read now; without a code, the defaults for one that is to come."""
    found = visit.read(lambda tx: describing.find_source(tx, code)) if code else None
    return show(visit, found.source if found else Source(code=""), found)


@router.post("/sources")
def post_source(visit: Visiting, form: Annotated[SourceForm, fastapi.Form()]) -> Response:
    """From now on it is read like this; what stands is not read anew."""
    code = form.code.strip()
    told = form.model_dump(exclude={"form_key", "code", "version", "write_off_max"})
    try:
        cents = reading.small_units(form.write_off_max, digits_of(visit.currency))
        asked = SourceRequest(code=code, write_off_cents_max=cents, **told)
        if not is_code(code):
            raise Refusal(
                "invalid", detail="the name of a source is a code: letters, digits, - and _."
            )
        visit.transact(
            lambda tx: describing.describe_source(tx, visit.by, asked, form.version, visit.now)
        )
    except Refusal as refusal:
        shown = Source(code=code, version=form.version, **told)
        return show(visit, shown, refusal=refusal, write_off_max=form.write_off_max)
    return visit.go("/feeds")


def show(
    visit: Visit,
    source: Source,
    heard: Listened | None = None,
    refusal: Refusal | None = None,
    write_off_max: str | None = None,
) -> Response:
    return visit.page(
        "rules/source.html",
        status=200 if refusal is None else 422,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        source=source,
        heard=heard,
        is_new=heard is None and not source.version,
        currency=visit.currency,
        write_off_max=write_off_max
        or reading.written(source.write_off_cents_max, digits_of(visit.currency)),
    )
