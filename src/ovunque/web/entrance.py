"""The door: signing in and out, the way to one's own start, one's language and colors."""

from typing import Annotated
from urllib.parse import urlencode

import fastapi
from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from ovunque.access import hashing
from ovunque.access.enrolling import Preferences, save_preferences
from ovunque.access.entering import SignInRequest, is_known, sign_in, sign_out
from ovunque.access.model import Language, Theme
from ovunque.access.vouching import list_providers
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import search_key
from ovunque.platform import refusals
from ovunque.web.doors.devices import device_of, show_pin
from ovunque.web.screens import EVERYBODY, Form, open_screens, screens
from ovunque.web.visiting import (
    LANGUAGE_COOKIE,
    Visit,
    Visiting,
    address_of,
    agent_of,
    keep,
    safe_next,
    start_of,
)

TEXT_MAX = 200

door = open_screens()
inside = screens(EVERYBODY)


class SignInForm(Form):
    login: str = Field(default="", max_length=TEXT_MAX)
    password: str = Field(default="", max_length=TEXT_MAX)
    next: str = ""


class LanguageForm(Form):
    language: Language
    next: str = ""


class PreferencesForm(LanguageForm):
    theme: Theme


Next = Annotated[str, Query(max_length=1_000)]


@door.get("/sign-in")
def get_sign_in(
    visit: Visiting,
    next: Next = "",  # noqa: A002 - its name outside
    by_password: bool = False,
) -> Response:
    """The door: by name and password, or on a store's device by a PIN."""
    if visit.session is not None:
        return visit.go(safe_next(next))
    device = None if by_password else device_of(visit)
    if device is not None:
        return show_pin(visit, device, next)
    return show(visit, safe_next(next))


@door.post("/sign-in")
def post_sign_in(visit: Visiting, form: Annotated[SignInForm, fastapi.Form()]) -> Response:
    token, keeper = visit.house.new_secret(), visit.house.doorkeeper
    is_theirs = keeper.is_of(visit.mark, search_key(form.login))
    request = SignInRequest(
        login=form.login,
        password=form.password,
        address=address_of(visit.request),
        agent=agent_of(visit.request),
        session_id=visit.house.new_id(),
        token=token,
        line=hashing.KNOWN if visit.is_known else hashing.STREET,
        mark=visit.mark if is_theirs else None,
    )
    try:
        if not is_theirs and not keeper.may_try(request.account):
            raise Refusal("sign_in_throttled")
        session = sign_in(visit.house.database, request, visit.now)
    except Refusal as refusal:
        known = visit.read_doors(lambda tx: is_known(tx, request))
        visit.note_refused("password", refusal, request.account if known else None)
        return show(visit, safe_next(form.next), form.login, refusal)
    wanted = safe_next(form.next)
    code = f"/sign-in/code?{urlencode({'next': wanted})}"
    return visit.let_in(code if session.is_half else wanted, request.account, token)


def show(visit: Visit, next_: str, login: str = "", refusal: Refusal | None = None) -> Response:
    return visit.page(
        "sign_in.html",
        status=refusals.status_of(refusal) if refusal else 200,
        next=next_,
        login=login,
        providers=visit.read_doors(list_providers),
        refusal=visit.explain(refusal) if refusal else None,
    )


@door.post("/language")
def post_language(visit: Visiting, form: Annotated[LanguageForm, fastapi.Form()]) -> Response:
    """For whoever has not signed in yet: the browser remembers."""
    response = visit.go(safe_next(form.next))
    keep(visit.request, response, LANGUAGE_COOKIE, form.language)
    return response


@inside.get("/")
def get_start(visit: Visiting) -> Response:
    return visit.go(start_of(visit.person))


@inside.post("/preferences")
def post_preferences(visit: Visiting, form: Annotated[PreferencesForm, fastapi.Form()]) -> Response:
    wanted = Preferences(language=form.language, theme=form.theme)
    visit.transact(lambda tx: save_preferences(tx, visit.by, wanted))
    return visit.go(safe_next(form.next))


@inside.post("/sign-out")
def post_sign_out(visit: Visiting, _: Annotated[Form, fastapi.Form()]) -> Response:
    session = visit.session
    assert session is not None
    visit.transact(lambda tx: sign_out(tx, session, visit.token, visit.now))
    return visit.go("/sign-in")
