"""The link that somebody new follows: they choose a password, and sign in with it."""

from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.hashing import SALT_BYTES_MIN, conceal
from ovunque.access.inviting import WelcomeRequest, find_invited, welcome
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web.screens import Form, open_screens
from ovunque.web.visiting import Visit, Visiting

router = open_screens()


class WelcomeForm(Form):
    password: str = Field(default="", max_length=200)


@router.get("/welcome/{token}")
def get_welcome(visit: Visiting, token: str) -> Response:
    return show(visit, token)


@router.post("/welcome/{token}")
def post_welcome(
    visit: Visiting, token: str, form: Annotated[WelcomeForm, fastapi.Form()]
) -> Response:
    """The link opens once; then the password does."""
    visit.read_doors(lambda tx: find_invited(tx, token[:100], visit.now))  # Else nothing is hashed.
    secret = conceal(form.password, visit.draw(SALT_BYTES_MIN))
    request = WelcomeRequest(token=token, secret=secret)
    try:
        visit.transact(lambda tx: welcome(tx, request, visit.now))
    except Refusal as refusal:
        if refusal.code != "invalid":
            raise
        return show(visit, token, refusal)
    return visit.go("/sign-in")


def show(visit: Visit, token: str, refusal: Refusal | None = None) -> Response:
    person = visit.read_doors(lambda tx: find_invited(tx, token[:100], visit.now))
    return visit.page(
        "doors/welcome.html",
        status=refusals.status_of(refusal) if refusal else 200,
        invited=person,
        token=token,
        refusal=visit.explain(refusal) if refusal else None,
    )
