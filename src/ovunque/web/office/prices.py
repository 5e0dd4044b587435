"""What customers pay: the table that counts, and the draft of the next, checked before it does."""

from collections.abc import Sequence
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.delivery.model import Service
from ovunque.kernel.money import digits_of
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import NameableKind
from ovunque.network.naming import list_nameable
from ovunque.promise import pricing
from ovunque.promise.model import PriceRow
from ovunque.web import reading, words
from ovunque.web.screens import OFFICE, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

router = screens(OFFICE)
ZONES_MAX = 1_000
EDITORS = [only(frozenset({Role.MERCHANDISER}))]


class RowForm(Form):
    """One row; empty fields say: every channel, everywhere, from nothing on."""

    channel: str = Field(default="", max_length=64)
    service: str = Field(default="", max_length=20)
    zone: str = Field(default="", max_length=64)
    goods_from: str = Field(default="", max_length=12)
    price: str = Field(default="", max_length=12)
    act: str = Field(default="put", pattern=r"^(put|remove)$")


class VersionForm(Form):
    version: int = Field(ge=1)


@router.get("/prices")
def get_prices(visit: Visiting) -> Response:
    """What counts, and what would."""
    return show(visit)


@router.post("/prices/rows", dependencies=EDITORS)
def post_row(visit: Visiting, form: Annotated[RowForm, fastapi.Form()]) -> Response:
    """A row into the draft, in place of one for the same; or out of it."""
    try:
        row = row_of(form, digits_of(visit.currency))
        visit.transact(
            lambda tx: pricing.save_draft(
                tx,
                visit.by,
                changed(pricing.find_draft(tx).rows, row, keep=form.act == "put"),
                visit.now,
            )
        )
    except Refusal as refusal:
        return show(visit, form, refusal)
    return visit.go("/prices#draft")


@router.post("/prices/publications", dependencies=EDITORS)
def post_publication(visit: Visiting, form: Annotated[VersionForm, fastapi.Form()]) -> Response:
    """The draft counts from now on."""
    try:
        visit.transact(
            lambda tx: pricing.publish(tx, visit.by, visit.now, expected_version=form.version)
        )
    except Refusal as refusal:
        return show(visit, refusal=refusal)
    return visit.go("/prices")


@router.post("/prices/removal", dependencies=EDITORS)
def post_removal(visit: Visiting, _: Annotated[Form, fastapi.Form()]) -> Response:
    """As if nobody had begun a draft."""
    visit.transact(lambda tx: pricing.discard_draft(tx, visit.by, visit.now))
    return visit.go("/prices")


def changed(rows: Sequence[PriceRow], row: PriceRow, *, keep: bool) -> list[PriceRow]:
    others = [each for each in rows if each.key != row.key]
    return [*others, row] if keep else others


def row_of(form: RowForm, digits: int) -> PriceRow:
    """The row that a form asks for; what it means is checked with the whole table."""
    return PriceRow(
        channel=form.channel,
        service=form.service,
        zone=form.zone.strip(),
        goods_from=reading.small_units(form.goods_from.strip() or "0", digits),
        price=reading.small_units(form.price.strip() or "0", digits),
    )


def show(visit: Visit, form: RowForm | None = None, refusal: Refusal | None = None) -> Response:
    published = visit.read(pricing.find_published)
    draft = visit.read(pricing.find_draft)
    gaps = visit.read(lambda tx: pricing.list_gaps(tx, draft.rows)) if draft.version else ()
    known = visit.house.snapshot().network.channels
    names = {code: known[code].channel.name for code in sorted(known)}
    return visit.page(
        "office/prices.html",
        status=200 if refusal is None else 422,
        asked="",
        form=form or RowForm(),
        published=published,
        draft=draft,
        gaps=[
            (names.get(each.channel, each.channel), words.SERVICE[each.service]) for each in gaps
        ],
        services=[(each.value, words.SERVICE[each]) for each in Service],
        channels=names,
        zones=visit.read(lambda tx: list_nameable(tx, NameableKind.ZONE, limit=ZONES_MAX)),
        may_edit=visit.person.role == Role.MERCHANDISER,
        refusal=visit.explain(refusal) if refusal else None,
        faults=visit.faults_of(refusal),
        written=lambda cents: reading.written(cents, digits_of(visit.currency)),
    )
