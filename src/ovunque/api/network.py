"""Who owns goods and where we sell them: legal entities, location groups, channels."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Response
from pydantic import Field, Strict

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Country, Currency, Language, Name, Short, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import NOTHING, IfMatch, as_request, create, same, tagged
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
    Objective,
)
from ovunque.platform.database import Tx

router = resource("network")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]
ENTRIES_MAX = 250


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


class GroupBody(Body):
    code: Code
    name: Name


class GroupAnswer(Shown):
    code: str
    name: str
    locations: list[str] = Field(description="Each location says itself where it belongs.")
    version: int


class ChannelBody(Body):
    code: Code
    name: Name
    kind: Annotated[ChannelKind, Strict(False)]
    legal_entity: Code
    countries: list[Country] = Field(min_length=1, max_length=ENTRIES_MAX)
    currency: Currency
    languages: list[Language] = Field(
        min_length=1, max_length=ENTRIES_MAX, description="The main one first."
    )
    pool: Code = Field(description="The location group whose stock it may sell.")
    home_pool: Code = Field(description="The location group that it sold from before.")
    listing: list[Name] = Field(
        default=[], max_length=ENTRIES_MAX, description="Categories; none: every item."
    )
    objective: Annotated[Objective, Strict(False)] = Field(
        default=Objective.ECONOMIC, description="What the plans of its orders aim at first."
    )
    confidence_percent_min: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Sell only from places that are at least so sure of their stock.",
    )


class ChannelAnswer(Shown):
    code: str
    name: str
    kind: ChannelKind
    legal_entity: str
    countries: list[str]
    currency: str
    languages: list[str]
    pool: str
    home_pool: str
    listing: list[str]
    objective: Objective
    confidence_percent_min: int
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
    """Make a legal entity known; one that is there already is left as it is."""
    return create(once, lambda tx: show_entity(save_legal_entity(tx, call, body, NOTHING)))


@router.put("/legal-entities/{code:path}", response_model=LegalEntityAnswer, dependencies=CONFIG)
def put_legal_entity(code: Code, body: LegalEntityBody, call: Caller, seen: IfMatch) -> Response:
    """Make a legal entity known, or replace it; `If-Match` guards what somebody else changed."""
    same("/code", body.code, code)
    saved = call.transact(lambda tx: save_legal_entity(tx, call, body, seen))
    return tagged(show_entity(saved), saved.version)


@router.get("/location-groups", dependencies=READ)
def get_location_groups(call: Caller, page: Paging) -> Listed[GroupAnswer]:
    """Location groups in the order of their codes."""
    found = call.read(lambda tx: listing.list_groups(tx, page.after or "", page.rows_max))
    return page.show(found, show_group, lambda each: each.code)


@router.get("/location-groups/{code:path}", response_model=GroupAnswer, dependencies=READ)
def get_location_group(code: Code, call: Caller) -> Response:
    """One location group."""
    found = call.read(lambda tx: listing.find_group(tx, code))
    return tagged(show_group(found), found.version)


@router.post("/location-groups", status_code=201, response_model=GroupAnswer, dependencies=CONFIG)
def post_location_group(body: GroupBody, call: Caller, once: Once) -> Response:
    """Make a location group known; one that is there already is left as it is."""
    return create(once, lambda tx: show_group(save_group(tx, call, body, NOTHING)))


@router.put("/location-groups/{code:path}", response_model=GroupAnswer, dependencies=CONFIG)
def put_location_group(code: Code, body: GroupBody, call: Caller, seen: IfMatch) -> Response:
    """Make a location group known, or replace it; `If-Match` guards what somebody else changed."""
    same("/code", body.code, code)
    saved = call.transact(lambda tx: save_group(tx, call, body, seen))
    return tagged(show_group(saved), saved.version)


@router.get("/channels", dependencies=READ)
def get_channels(call: Caller, page: Paging) -> Listed[ChannelAnswer]:
    """Channels in the order of their codes."""
    found = call.read(lambda tx: listing.list_channels(tx, page.after or "", page.rows_max))
    return page.show(found, show_channel, lambda each: each.code)


@router.get("/channels/{code:path}", response_model=ChannelAnswer, dependencies=READ)
def get_channel(code: Code, call: Caller) -> Response:
    """One channel."""
    found = call.read(lambda tx: listing.find_channel(tx, code))
    return tagged(show_channel(found), found.version)


@router.post("/channels", status_code=201, response_model=ChannelAnswer, dependencies=CONFIG)
def post_channel(body: ChannelBody, call: Caller, once: Once) -> Response:
    """Make a channel known; one that is there already is left as it is."""
    return create(once, lambda tx: show_channel(save_channel(tx, call, body, NOTHING)))


@router.put("/channels/{code:path}", response_model=ChannelAnswer, dependencies=CONFIG)
def put_channel(code: Code, body: ChannelBody, call: Caller, seen: IfMatch) -> Response:
    """Make a channel known, or replace it; `If-Match` guards what somebody else changed."""
    same("/code", body.code, code)
    saved = call.transact(lambda tx: save_channel(tx, call, body, seen))
    return tagged(show_channel(saved), saved.version)


def save_legal_entity(tx: Tx, call: Call, body: LegalEntityBody, seen: int | None) -> LegalEntity:
    asked = as_request(LegalEntityRequest, body)
    return saving.save_legal_entity(
        tx, call.by, asked, call.now, call.services.new_id, expected_version=seen
    )


def show_entity(entity: LegalEntity) -> LegalEntityAnswer:
    return LegalEntityAnswer(**asdict(entity))


def save_group(tx: Tx, call: Call, body: GroupBody, seen: int | None) -> Group:
    asked = as_request(GroupRequest, body)
    return saving.save_group(
        tx, call.by, asked, call.now, call.services.new_id, expected_version=seen
    )


def show_group(group: Group) -> GroupAnswer:
    return GroupAnswer(**asdict(group))


def save_channel(tx: Tx, call: Call, body: ChannelBody, seen: int | None) -> Channel:
    asked = as_request(ChannelRequest, body)
    return saving.save_channel(
        tx, call.by, asked, call.now, call.services.new_id, expected_version=seen
    )


def show_channel(channel: Channel) -> ChannelAnswer:
    return ChannelAnswer(**asdict(channel))
