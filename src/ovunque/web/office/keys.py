"""Keys of programs: made, shown once, rotated with a day of overlap, revoked."""

from datetime import timedelta
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.keeping import (
    KeyRequest,
    RotationRequest,
    create_key,
    list_keys,
    revoke_key,
    rotate_key,
    token_of,
)
from ovunque.access.model import ApiKey, Role, Scope
from ovunque.access.pacing import list_client_holds, release_client
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web import rights, words
from ovunque.web.screens import Form, proof, screens
from ovunque.web.visiting import Visit, Visiting

KEYS_MAX = 200
PROVEN = [proof()]
SOON = timedelta(days=14)

router = screens(frozenset({Role.ADMIN}))


class KeyForm(Form):
    client: str = Field(default="", max_length=200)
    scopes: list[Scope] = Field(default_factory=list)
    days: str = Field(default="", pattern=r"^[0-9]{0,4}$")
    addresses: str = Field(default="", max_length=2_000)


@router.get("/keys")
def get_keys(visit: Visiting) -> Response:
    return show(visit)


@router.post("/keys", dependencies=PROVEN)
def post_key(visit: Visiting, form: Annotated[KeyForm, fastapi.Form()]) -> Response:
    """Make a key and show it, this once."""
    request = KeyRequest(
        key_id=visit.house.new_id(),
        client_id=visit.house.new_id(),
        client=form.client.strip(),
        secret=visit.house.new_secret(),
        scopes=frozenset(form.scopes),
        expires_at=visit.now + timedelta(days=int(form.days)) if form.days else None,
        addresses=tuple(form.addresses.replace(",", " ").split()),
    )
    try:
        if not form.scopes:
            raise Refusal("invalid", detail="a key needs a scope at least.")
        key = visit.transact(lambda tx: create_key(tx, visit.keeper, request, visit.now))
    except Refusal as refusal:
        return show(visit, refusal=refusal, form=form)
    return show(visit, made=(key, token_of(request.secret)))


@router.post("/keys/{key_id}/rotation", dependencies=PROVEN)
def post_rotation(visit: Visiting, key_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """A successor, shown once; the old one opens for a day yet."""
    request = RotationRequest(
        key_id=parse_public_id("key", key_id),
        new_key_id=visit.house.new_id(),
        secret=visit.house.new_secret(),
    )
    key = visit.transact(lambda tx: rotate_key(tx, visit.keeper, request, visit.now))
    return show(visit, made=(key, token_of(request.secret)))


@router.post("/keys/{key_id}/revocation", dependencies=PROVEN)
def post_revocation(visit: Visiting, key_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """Within a second no process takes it any more."""
    id_ = parse_public_id("key", key_id)
    visit.transact(lambda tx: revoke_key(tx, visit.by, id_, visit.now))
    return visit.go("/keys")


@router.post("/keys/holds/{client_id}/release", dependencies=PROVEN)
def post_release(visit: Visiting, client_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """Somebody has looked at what a program moved: its keys write again within a second."""
    id_ = parse_public_id("cli", client_id)
    visit.transact(lambda tx: release_client(tx, visit.by, id_, visit.now))
    return visit.go("/keys")


def show(
    visit: Visit,
    *,
    made: tuple[ApiKey, str] | None = None,
    refusal: Refusal | None = None,
    form: KeyForm | None = None,
) -> Response:
    keys = visit.read(lambda tx: list_keys(tx, None, KEYS_MAX))
    return visit.page(
        "office/keys.html",
        status=refusals.status_of(refusal) if refusal else 200,
        asked="",
        keys=[(each, public_id("key", each.id), state_of(visit, each)) for each in keys[::-1]],
        scopes=rights.SCOPE,
        holds=[(each, public_id("cli", each.client_id)) for each in visit.read(list_client_holds)],
        made=made,
        refusal=visit.explain(refusal) if refusal else None,
        faults=visit.faults_of(refusal),
        form=form or KeyForm(days="365"),
    )


def state_of(visit: Visit, key: ApiKey) -> words.Word:
    if key.revoked_at is not None:
        return words.KEY["revoked"]
    if key.expires_at is None:
        return words.KEY["usable"]
    if key.expires_at <= visit.now:
        return words.KEY["expired"]
    return words.KEY["ending" if key.expires_at - visit.now < SOON else "usable"]
