"""API keys: made, listed, revoked."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field, Strict

from ovunque.access.keeping import (
    KeyRequest,
    RotationRequest,
    create_key,
    list_keys,
    revoke_key,
    rotate_key,
    token_of,
)
from ovunque.access.model import CLIENT_NAME_LENGTH_MAX, ApiKey, Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.carrier_pickups import EmptyBody
from ovunque.api.idempotent import Once, OnceOnly, Told
from ovunque.api.identifiers import PublicId
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.kernel.ids import public_id
from ovunque.platform.database import Tx

router = resource("keys")
CONFIG = [need(Scope.CONFIG)]
NETWORKS_MAX, NETWORK_LENGTH_MAX = 100, 50

KeyId = Annotated[UUID, PublicId("key")]
ClientName = Annotated[str, Field(min_length=1, max_length=CLIENT_NAME_LENGTH_MAX)]
Network = Annotated[str, Field(min_length=1, max_length=NETWORK_LENGTH_MAX)]
ScopeName = Annotated[Scope, Strict(False)]


class KeyBody(Body):
    client: ClientName = Field(
        description="Whose key it is. A client may have several, to rotate without a gap.",
    )
    scopes: list[ScopeName] = Field(min_length=1, max_length=len(Scope))
    expires_at: Instant | None = None
    addresses: list[Network] = Field(
        default_factory=list,
        max_length=NETWORKS_MAX,
        description="Networks it may come from, such as 203.0.113.0/24; none: all.",
    )


class KeyAnswer(Shown):
    id: KeyId
    client: str
    hint: str = Field(description="The last characters of the key.")
    scopes: list[Scope]
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None
    addresses: list[str]
    used_at: Instant | None = Field(description="When it was used last, to a minute or so.")


class NewKeyAnswer(KeyAnswer):
    key: str | None = Field(
        description="The key itself, shown this once: a replayed answer has none."
    )


@router.post("/keys", status_code=201, response_model=NewKeyAnswer, dependencies=CONFIG)
def post_key(body: KeyBody, call: Caller, once: Once) -> Response:
    """Make a key. Nobody gives more than they have: scopes, networks, time."""
    asked = KeyRequest(
        key_id=call.new_id(),
        client_id=call.new_id(),
        client=body.client,
        secret=call.services.new_secret(),
        scopes=frozenset(body.scopes),
        expires_at=body.expires_at,
        addresses=tuple(body.addresses),
    )
    return make(call, once, asked.secret, lambda tx: create_key(tx, call.by, asked, call.now))


@router.post(
    "/keys/{key_id}/rotations", status_code=201, response_model=NewKeyAnswer, dependencies=CONFIG
)
def post_rotation(key_id: KeyId, _: EmptyBody, call: Caller, once: Once) -> Response:
    """Make a key like this one, which opens for a day yet: its program changes over meanwhile."""
    asked = RotationRequest(
        key_id=key_id, new_key_id=call.new_id(), secret=call.services.new_secret()
    )
    return make(call, once, asked.secret, lambda tx: rotate_key(tx, call.by, asked, call.now))


def make(call: Call, once: OnceOnly, secret: str, work: Callable[[Tx], ApiKey]) -> Response:
    """The new key, told this once, and known to this process at once."""

    def tell(tx: Tx) -> Told:
        shown = show(work(tx)).model_dump()
        return Told(
            sent=NewKeyAnswer(**shown, key=token_of(secret)),
            stored=NewKeyAnswer(**shown, key=None),
        )

    answer = once.run(tell)
    call.read(call.services.keys.load)  # Other processes learn it from the journal.
    return answer


@router.get("/keys", dependencies=CONFIG)
def get_keys(call: Caller, page: Paging) -> Listed[KeyAnswer]:
    """All keys, oldest first, revoked and expired ones too."""
    keys = call.read(lambda tx: list_keys(tx, page.after_id("key"), page.rows_max))
    return page.show(keys, show, lambda key: public_id("key", key.id))


@router.post(
    "/keys/{key_id}/revocations", status_code=201, response_model=KeyAnswer, dependencies=CONFIG
)
def post_revocation(key_id: KeyId, call: Caller, once: Once) -> Response:
    """Revoke a key: within a second no process takes it any more."""
    answer = once.run(lambda tx: show(revoke_key(tx, call.by, key_id, call.now)))
    call.read(call.services.keys.load)
    return answer


def show(key: ApiKey) -> KeyAnswer:
    return KeyAnswer(
        id=key.id,
        client=key.client,
        hint=key.hint,
        scopes=sorted(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        addresses=list(key.addresses),
        used_at=key.used_at,
    )
