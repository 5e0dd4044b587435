"""Where carriers, zones, protections and sources get the names that people read."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

import fastapi
from pydantic import BaseModel, Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import NameableKind, Named
from ovunque.network.naming import NAME_LENGTH_MAX, give_name, list_nameable
from ovunque.platform import refusals
from ovunque.web.language import M_, Message
from ovunque.web.screens import Form, screens
from ovunque.web.visiting import Visit, Visiting

PAGE_ROWS = 100
KIND: Mapping[str, Message] = {
    "carrier": M_("named", "Carriers"),
    "zone": M_("named", "Zones"),
    "protection": M_("named", "Protection rules"),
    "source": M_("named", "Sources"),
}

router = screens(frozenset({Role.MERCHANDISER, Role.ADMIN}))


class NameForm(Form):
    kind: NameableKind
    code: str = Field(max_length=64)
    name: str = Field(default="", max_length=NAME_LENGTH_MAX)
    after: str = Field(default="", max_length=64)


class Query(BaseModel):
    kind: NameableKind = NameableKind.CARRIER
    after: str = Field(default="", max_length=64)


@router.get("/names")
def get_names(visit: Visiting, query: Annotated[Query, fastapi.Query()]) -> Response:
    return show(visit, query.kind, query.after)


@router.post("/names")
def post_name(visit: Visiting, form: Annotated[NameForm, fastapi.Form()]) -> Response:
    """This is what people read from now on; an empty name: the code again."""
    named = Named(form.kind, form.code, " ".join(form.name.split()) or None)
    try:
        visit.transact(lambda tx: give_name(tx, visit.by, named, visit.now))
    except Refusal as refusal:
        return show(visit, form.kind, form.after, refusal)
    told = {"kind": form.kind.value, **({"after": form.after} if form.after else {})}
    return visit.go(f"/names?{urlencode(told)}#{form.kind}-{form.code}")


def show(visit: Visit, kind: NameableKind, after: str, refusal: Refusal | None = None) -> Response:
    behind = (kind.value, after) if after else ("", "")
    found = visit.read(lambda tx: list_nameable(tx, kind, behind, PAGE_ROWS + 1))
    shown = found[:PAGE_ROWS]
    return visit.page(
        "office/names.html",
        status=refusals.status_of(refusal) if refusal else 200,
        asked="",
        kinds=KIND,
        kind=kind.value,
        after=after,
        rows=shown,
        name_length_max=NAME_LENGTH_MAX,
        more=f"/names?{urlencode({'kind': kind.value, 'after': shown[-1].code})}"
        if len(found) > PAGE_ROWS
        else None,
        refusal=visit.explain(refusal) if refusal else None,
    )
