"""Who owns goods and where we sell them: legal entities, location groups, channels."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Response
from pydantic import Field, Strict

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Country, Currency, Language, Name, Short, Shown
from ovunque.api.call import Caller, need
from ovunque.api.editing import NOTHING, IfMatch, create, same, tagged
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.network import listing, saving
from ovunque.network.model import (
    Channel,
    ChannelKind,
    ChannelRequest,
    Group,
    GroupRequest,
    LegalEntity,
    LegalEntityRequest,
)

router = resource("network")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]
ENTRIES_MAX = 250

Categories = Annotated[list[Name], Field(max_length=ENTRIES_MAX)]


class LegalEntityBody(Body):
    code: Code
    name: Name
    country: Country
    vat_id: Short | None = None


class LegalEntityAnswer(Shown):
    code: str
    name: str
    country: str
    vat_id: str | None
    version: int


@router.get("/legal-entities", dependencies=READ)
def get_legal_entities(call: Caller, page: Paging) -> Listed[LegalEntityAnswer]:
    """Legal entities in the order of their codes."""
    found = call.read(lambda tx: listing.list_legal_entities(tx, page.after or "", page.rows_max))
    return page.show(found, show_entity, lambda each: each.code)


@router.get("/legal-entities/{code:path}", response_model=LegalEntityAnswer, dependencies=READ)
def get_legal_entity(code: Code, call: Caller) -> Response:
    """One legal entity."""
    found = call.read(lambda tx: listing.find_legal_entity(tx, code))
    return tagged(show_entity(found), found.version)


@router.post(
    "/legal-entities", status_code=201, response_model=LegalEntityAnswer, dependencies=CONFIG
)
def post_legal_entity(body: LegalEntityBody, call: Caller, once: Once) -> Response:
    """Make a legal entity known."""
    return create(once, lambda tx: show_entity(save_entity(tx, call, body, NOTHING)))
