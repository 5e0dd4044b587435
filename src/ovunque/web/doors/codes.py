"""The second step of signing in, and showing again who one is before what matters."""

from typing import Annotated

import fastapi
from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from ovunque.access.entering import ProofRequest, prove
from ovunque.access.proving import CodeRequest, enter_code, has_factor
from ovunque.access.vouching import list_vouching
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web.screens import EVERYBODY, Form, open_screens, screens
from ovunque.web.visiting import Visit, Visiting, safe_next, set_token

door = open_screens()
inside = screens(EVERYBODY)
Next = Annotated[str, Query(max_length=1_000)]


class CodeForm(Form):
    code: str = Field(default="", max_length=200)
    next: str = ""


@door.get("/sign-in/code")
def get_code(visit: Visiting, next: Next = "") -> Response:  # noqa: A002 - its name outside
    if visit.half is None:
        return visit.go("/sign-in")
    return show(visit, "/sign-in/code", next)


@door.post("/sign-in/code")
def post_code(visit: Visiting, form: Annotated[CodeForm, fastapi.Form()]) -> Response:
    """The code of the phone, or one that was kept for when it is lost."""
    if visit.half is None:
        return visit.go("/sign-in")
    token = visit.house.new_secret()
    request = CodeRequest(session=visit.half, carried=visit.token, code=form.code, token=token)
    try:
        enter_code(visit.house.database, request, visit.now)
    except Refusal as refusal:
        visit.note_refused("code", refusal, visit.half.person.login)
        return show(visit, "/sign-in/code", form.next, refusal)
    response = visit.go(safe_next(form.next))
    set_token(visit.request, response, token)
    return response


@inside.get("/prove")
def get_proof(visit: Visiting, next: Next = "") -> Response:  # noqa: A002 - its name outside
    return show(visit, "/prove", next)


@inside.post("/prove")
def post_proof(visit: Visiting, form: Annotated[CodeForm, fastapi.Form()]) -> Response:
    """What matters is open for ten minutes; the browser carries another secret from now on."""
    token = visit.house.new_secret()
    request = ProofRequest(session=visit.opened, carried=visit.token, told=form.code, token=token)
    try:
        prove(visit.house.database, request, visit.now)
    except Refusal as refusal:
        visit.note_refused("proof", refusal, visit.person.login)
        return show(visit, "/prove", form.next, refusal)
    response = visit.go(safe_next(form.next))
    set_token(visit.request, response, token)
    return response


def show(visit: Visit, action: str, next_: str, refusal: Refusal | None = None) -> Response:
    who = visit.half or visit.opened
    by_code = visit.half is not None or visit.read_doors(lambda tx: has_factor(tx, who.person))
    return visit.page(
        "doors/code.html",
        status=refusals.status_of(refusal) if refusal else 200,
        action=action,
        by_code=by_code,
        again=action == "/prove",
        login=who.person.login,
        providers=visit.read_doors(lambda tx: list_vouching(tx, who.person.id)),
        next=safe_next(next_),
        refusal=visit.explain(refusal) if refusal else None,
    )
