"""The way to a company's own door and back, at sign-in and before what matters."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ovunque.access import federating
from ovunque.access.federating import BeginRequest, FinishRequest
from ovunque.access.hashing import SALT_BYTES_MIN
from ovunque.access.vouching import list_providers
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web.screens import EVERYBODY, open_screens, screens
from ovunque.web.visiting import (
    Visit,
    Visiting,
    address_of,
    agent_of,
    origin_of,
    safe_next,
    set_token,
)

CODE_LENGTH_MAX = 4_000

door = open_screens()
inside = screens(EVERYBODY)

Next = Annotated[str, Query(max_length=1_000)]
Told = Annotated[str, Query(max_length=CODE_LENGTH_MAX)]


@door.get("/sign-in/with/{provider}")
def get_departure(visit: Visiting, provider: str, next: Next = "") -> Response:  # noqa: A002 - its name outside
    """Off to the provider; a link, since a form of ours leads nowhere else."""
    return depart(visit, provider, safe_next(next))


@inside.get("/prove/with/{provider}")
def get_proof(visit: Visiting, provider: str, next: Next = "") -> Response:  # noqa: A002 - its name outside
    """Off to the provider, which is told to ask again who they are."""
    return depart(visit, provider, safe_next(next), prove=True)


def depart(visit: Visit, provider: str, next_: str, *, prove: bool = False) -> Response:
    request = BeginRequest(
        provider=provider,
        browser=visit.token,
        state=visit.house.new_secret(),
        nonce=visit.house.new_secret(),
        verifier=visit.house.new_secret(),
        back=back_of(visit, provider),
        next=next_,
        address=address_of(visit.request)[:64],
        person_id=visit.person.id if prove else None,
    )
    try:
        away = federating.begin(visit.house.database, visit.house.directory, request, visit.now)
    except Refusal as refusal:
        return refuse(visit, provider, refusal, next_)
    response = visit.go(away)
    set_token(visit.request, response, visit.token)
    return response


@door.get("/sign-in/with/{provider}/back")
def get_return(
    visit: Visiting,
    provider: str,
    state: Told = "",
    code: Told = "",
    iss: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Back from the provider; whatever else it may add to the address is not looked at."""
    token = visit.house.new_secret()
    network = visit.house.snapshot().network
    request = FinishRequest(
        provider=provider,
        browser=visit.token,
        state=state,
        code=code,
        issuer=iss,
        back=back_of(visit, provider),
        places={each.code: each.id for each in network.locations},
        person_id=visit.house.new_id(),
        session_id=visit.house.new_id(),
        token=token,
        password=visit.house.new_secret(),
        salt=visit.draw(SALT_BYTES_MIN),
        address=address_of(visit.request),
        agent=agent_of(visit.request),
    )
    try:
        done = federating.finish(visit.house.database, visit.house.directory, request, visit.now)
    except Refusal as refusal:
        return refuse(visit, provider, refusal, "/")
    if done.session is not None:
        where = "/sign-in/code" if done.session.is_half else done.next
        return visit.let_in(where, done.session.person.login, token)
    response = visit.go(done.next)
    set_token(visit.request, response, token)
    return response


def back_of(visit: Visit, provider: str) -> str:
    """An address for each provider: what one sends is never taken for another's."""
    return f"{origin_of(visit.request)}/sign-in/with/{provider[:32]}/back"


def refuse(visit: Visit, provider: str, refusal: Refusal, next_: str) -> Response:
    """The door again, with the reason; what exactly was wrong is for the log alone."""
    if refusal.code == "not_found":
        raise refusal
    visit.note_refused(f"sso:{provider[:32]}", refusal)
    return visit.page(
        "sign_in.html",
        status=refusals.status_of(refusal),
        next=next_,
        login="",
        providers=visit.read_doors(list_providers),
        refusal=visit.explain(refusal),
    )
