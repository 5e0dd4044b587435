"""Providers of single sign-on: entered, removed, and who of us may come by them."""

from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access import vouching
from ovunque.access.model import Provider, Role
from ovunque.integrations.identity.asking import why_not
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web import words
from ovunque.web.language import say
from ovunque.web.screens import Form, proof, screens
from ovunque.web.visiting import Visit, Visiting, origin_of

PROVEN = [proof()]
LINE_MAX = 500

router = screens(frozenset({Role.ADMIN}))


class ProviderForm(Form):
    code: str = Field(default="", max_length=64)
    name: str = Field(default="", max_length=200)
    issuer: str = Field(default="", max_length=LINE_MAX)
    client_id: str = Field(default="", max_length=LINE_MAX)
    client_secret: str = Field(default="", max_length=LINE_MAX)
    login_claim: str = Field(default="preferred_username", max_length=200)
    role_claim: str = Field(default="", max_length=200)
    roles: str = Field(default="", max_length=10_000)
    location_claim: str = Field(default="", max_length=200)
    strength: str = Field(default="", max_length=200)


class LetInForm(Form):
    login: str = Field(default="", max_length=100)


@router.get("/providers")
def get_providers(visit: Visiting) -> Response:
    return show(visit)


@router.post("/providers", dependencies=PROVEN)
def post_provider(visit: Visiting, form: Annotated[ProviderForm, fastapi.Form()]) -> Response:
    """One more door, for everybody to see at sign-in."""
    try:
        provider = read_provider(visit, form)
        refused = why_not(provider.issuer, inside=visit.house.settings.providers_inside)
        visit.transact(
            lambda tx: vouching.add_provider(tx, visit.by, provider, visit.now, why_not=refused)
        )
    except Refusal as refusal:
        return show(visit, refusal=refusal, form=form)
    return visit.go("/providers")


@router.post("/providers/{code}/removal", dependencies=PROVEN)
def post_removal(visit: Visiting, code: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    visit.transact(lambda tx: vouching.remove_provider(tx, visit.by, code, visit.now))
    return visit.go("/providers")


@router.post("/providers/{code}/people", dependencies=PROVEN)
def post_person(visit: Visiting, code: str, form: Annotated[LetInForm, fastapi.Form()]) -> Response:
    """Somebody who is here already may come by it."""
    login = form.login.strip()
    try:
        visit.transact(lambda tx: vouching.let_in(tx, visit.by, code, login, visit.now))
    except Refusal as refusal:
        return show(visit, refusal=refusal)
    return visit.go("/providers")


def read_provider(visit: Visit, form: ProviderForm) -> Provider:
    told = {name: getattr(form, name).strip() for name in ProviderForm.model_fields}
    return Provider(
        id=visit.house.new_id(),
        code=told["code"],
        name=told["name"],
        issuer=told["issuer"],
        client_id=told["client_id"],
        client_secret=told["client_secret"] or None,
        login_claim=told["login_claim"],
        role_claim=told["role_claim"] or None,
        roles=vouching.read_roles(told["roles"], names_of(visit)),
        location_claim=told["location_claim"] or None,
        strength=told["strength"] or None,
    )


def names_of(visit: Visit) -> dict[str, Role]:
    """What roles are called: in words, and as documents of the house name them."""
    return {say(visit.language, words.ROLE[role]): role for role in Role} | {
        role.value: role for role in Role
    }


def show(
    visit: Visit, *, refusal: Refusal | None = None, form: ProviderForm | None = None
) -> Response:
    shown = form.model_copy(update={"client_secret": ""}) if form else ProviderForm()
    return visit.page(
        "office/providers.html",
        status=refusals.status_of(refusal) if refusal else 200,
        asked="",
        providers=visit.read(vouching.list_providers),
        base=origin_of(visit.request),
        refusal=visit.explain(refusal) if refusal else None,
        faults=visit.faults_of(refusal),
        form=shown,
    )
