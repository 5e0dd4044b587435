"""One's own doors: where one is signed in, the second factor, the PIN."""

from base64 import b32encode
from typing import Annotated

import fastapi
import segno
from markupsafe import Markup
from pydantic import Field
from starlette.responses import Response

from ovunque.access import binding, entering, moving, proving, rules
from ovunque.access.entering import OwnPasswordRequest
from ovunque.access.hashing import SALT_BYTES_MIN, conceal
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web.doors.browsers import browser_of
from ovunque.web.screens import EVERYBODY, Form, proof, screens
from ovunque.web.visiting import Visit, Visiting

SECRET_BYTES = 20
RECOVERY_BYTES = 5
PROVEN = [proof()]

router = screens(EVERYBODY)


class CodeForm(Form):
    code: str = Field(default="", max_length=20)


class PinForm(Form):
    pin: str = Field(default="", max_length=20)


class PasswordForm(Form):
    before: str = Field(default="", max_length=200)
    password: str = Field(default="", max_length=200)


class PlaceForm(Form):
    location: str = Field(default="", max_length=64)


@router.get("/account")
def get_account(visit: Visiting) -> Response:
    return show(visit)


@router.post("/account/second-factor", dependencies=PROVEN)
def post_factor(visit: Visiting, _: Annotated[Form, fastapi.Form()]) -> Response:
    """Show a secret for the phone; nothing is asked for before it was tried."""
    return show_factor(visit)


@router.post("/account/second-factor/confirmation", dependencies=PROVEN)
def post_confirmation(visit: Visiting, form: Annotated[CodeForm, fastapi.Form()]) -> Response:
    """The phone works: from now on its code is asked for. Recovery codes are shown this once."""
    drawn = tuple(visit.draw(RECOVERY_BYTES).hex() for _ in range(proving.RECOVERY_CODES))
    code = form.code.replace(" ", "")
    try:
        visit.transact(lambda tx: proving.confirm_factor(tx, visit.opened, code, drawn, visit.now))
    except Refusal as refusal:
        if refusal.code != "code_wrong":
            raise
        return show_factor(visit, refusal)
    return show(visit, recovery=drawn)


@router.post("/account/second-factor/removal", dependencies=PROVEN)
def post_removal(visit: Visiting, _: Annotated[Form, fastapi.Form()]) -> Response:
    visit.transact(lambda tx: proving.remove_factor(tx, visit.by, visit.person, visit.now))
    return visit.go("/account")


@router.post("/account/place")
def post_place(visit: Visiting, form: Annotated[PlaceForm, fastapi.Form()]) -> Response:
    """Work at another of one's own places from now on."""
    place = visit.house.snapshot().network.by_code.get(form.location)
    if place is None:
        raise Refusal("not_found", what="place of yours")
    visit.transact(lambda tx: moving.move(tx, visit.person, place.id, visit.now))
    return visit.go("/")


@router.post("/account/pin", dependencies=PROVEN)
def post_pin(visit: Visiting, form: Annotated[PinForm, fastapi.Form()]) -> Response:
    """Six digits for the devices of one's own store."""
    pin = conceal(form.pin, visit.draw(SALT_BYTES_MIN))
    try:
        visit.transact(lambda tx: binding.save_pin(tx, visit.person, pin, visit.now))
    except Refusal as refusal:
        return show(visit, refusal=refusal)
    return visit.go("/account")


@router.post("/account/password")
def post_password(visit: Visiting, form: Annotated[PasswordForm, fastapi.Form()]) -> Response:
    """Another password, for who knows the one before; out everywhere else."""
    request = OwnPasswordRequest(
        session=visit.opened,
        before=form.before,
        password=form.password,
        salt=visit.draw(SALT_BYTES_MIN),
    )
    try:
        entering.change_own_password(visit.house.database, request, visit.now)
    except Refusal as refusal:
        return show(visit, refusal=refusal)
    return visit.go("/account")


@router.post("/account/sessions/{session_id}/revocation")
def post_session(visit: Visiting, session_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """End a session of one's own, wherever it is."""
    id_ = parse_public_id("ses", session_id)
    visit.transact(lambda tx: entering.revoke_session(tx, visit.person, id_, visit.now))
    return visit.go("/account" if id_ != visit.opened.id else "/sign-in")


def show(
    visit: Visit, *, recovery: tuple[str, ...] = (), refusal: Refusal | None = None
) -> Response:
    sessions = visit.read_doors(lambda tx: entering.list_sessions(tx, visit.person, visit.now))
    own = visit.read_doors(lambda tx: moving.list_places(tx, visit.person))
    places = [each for each in visit.house.snapshot().network.locations if each.id in own]
    return visit.page(
        "doors/account.html",
        status=refusals.status_of(refusal) if refusal else 200,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        faults=visit.faults_of(refusal),
        recovery=recovery,
        demanded=visit.lacks_factor and not recovery,
        has_factor=visit.read_doors(lambda tx: proving.has_factor(tx, visit.person)),
        sessions=[
            (each, public_id("ses", each.id), browser_of(each.agent or "")) for each in sessions
        ],
        places=sorted(places, key=lambda each: each.name),
    )


def show_factor(visit: Visit, refusal: Refusal | None = None) -> Response:
    secret = visit.draw(SECRET_BYTES)
    factor = visit.transact(lambda tx: proving.begin_factor(tx, visit.person, secret))
    address = rules.address_of_factor(visit.person.login, factor.secret)
    return visit.page(
        "doors/factor.html",
        status=refusals.status_of(refusal) if refusal else 200,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        picture=Markup(segno.make_qr(address).svg_inline(scale=5, light="#fff", dark="#000")),  # noqa: S704 - drawn by us
        secret=b32encode(factor.secret).decode(),
    )
