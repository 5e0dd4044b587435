"""Somebody takes units of their own store out of sale, or puts them back on sale, with a reason."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.model import Actor
from ovunque.platform.database import Tx
from ovunque.stock.model import Key, StockLevel, UnavailableReason
from ovunque.stock.setting_aside import AsideRequest, clear, keep_aside
from ovunque.web.screens import FLOOR, TASKS, Form, screens
from ovunque.web.stores.tasks import here
from ovunque.web.visiting import Visit, Visiting

UNITS_MAX = 10_000

router = screens(TASKS & FLOOR)

Act = Callable[[Tx, Actor, AsideRequest, datetime], StockLevel]


class AsideForm(Form):
    sku: str = Field(min_length=1, max_length=64)
    reason: UnavailableReason
    quantity: int = Field(ge=1, le=UNITS_MAX)


@router.post("/set-asides")
def post_set_aside(visit: Visiting, form: Annotated[AsideForm, fastapi.Form()]) -> Response:
    """They lie here, and nobody buys them."""
    return adjust(visit, form, keep_aside)


@router.post("/clearings")
def post_clearing(visit: Visiting, form: Annotated[AsideForm, fastapi.Form()]) -> Response:
    """They can be sold again."""
    return adjust(visit, form, clear)


def adjust(visit: Visit, form: AsideForm, act: Act) -> Response:
    place = here(visit)
    request = AsideRequest(key=Key(form.sku, place.id), reason=form.reason, quantity=form.quantity)
    visit.transact(lambda tx: act(tx, visit.by, request, visit.now))
    return visit.go(f"/items/{quote(form.sku, safe='')}?at={quote(place.code, safe='')}#why")
