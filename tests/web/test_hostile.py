"""Forms, search boxes and addresses of every screen, filled in by somebody who means harm.

A page comes out, or a redirect: never a 5xx, never what was sent as markup, and nobody signs in.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

import httpx
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.types import ASGIApp
from tests.web.conftest import FORM_KEY, Browser, NewPerson

from ovunque.access.model import Role
from ovunque.web.routes import SCREENS
from ovunque.web.screens import roles_of

PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")
MARK = "<script>alert(7)</script>"
VALUES = (
    MARK,
    '"><img src=x onerror=alert(7)>',
    "'; drop table item; --",
    "%_\\",
    "{{7*7}}${7*7}",
    "\x00",
    "a\x07b",
    "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    "\u202egnp.exe",
    "e\u0301" * 3_000,
    "\u0661\u0662",
    "9" * 400,
    "-1",
    "1e999",
    "NaN",
    "9999999999999999999",
    " ",
    "",
    "ord_01jd8m4z6vf2a9t3k5w7x0y1q8",
    "ord_zzzzzzzzzzzzzzzzzzzzzzzzzz",
    "2026-02-30",
    "0001-01-01T00:00",
    "../../etc/passwd",
    "//evil.example",
    "x" * 20_000,
    "\r\nSet-Cookie: a=1",
    "(01)04006381333931",
    "]d2\x1d01",
)
PARTS = ("nobody", "%00", "..%2f", "%ff", "x" * 3_000, "%3Cscript%3E", "ord_zzzz", "%D9%A1", "-1")
TRIED_BY_STRANGERS = 2
EACH = 5  # Values in one field of a form: over all fields each has its turn.
ROLES = {
    "care": Role.CARE,
    "boss": Role.STORE_MANAGER,
    "buyer": Role.MERCHANDISER,
    "ada": Role.ADMIN,
}


def routes() -> list[APIRoute]:
    found = [route for router in SCREENS for route in router.routes]
    return [each for each in found if isinstance(each, APIRoute) and "/live" not in each.path]


def fields_of(route: APIRoute) -> list[str]:
    """What its form or its address may say."""
    told = (*route.dependant.query_params, *route.dependant.body_params)
    names: list[str] = []
    for each in told:
        model = each.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            names += model.model_fields
        else:
            names.append(each.alias)
    return [name for name in names if name != "form_key"] or ["q"]


def filled(route: APIRoute) -> Iterator[dict[str, str]]:
    """One field after another with what is tried, the others as anybody might fill them in."""
    names, values = fields_of(route), cycle(VALUES)
    for name in names:
        for value in islice(values, EACH):
            yield {**dict.fromkeys(names, "1"), name: value}
    yield dict.fromkeys(names, MARK)
    yield dict.fromkeys(names, "1") | {"unknown": "1"}


class Attack:
    """Looks at every answer, and keeps what is wrong with it."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.broken: list[str] = []

    def look(self, what: str, answer: httpx.Response) -> None:
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            self.broken.append(f"{what}: {answer.status_code}")
        if MARK in answer.text or "Traceback" in answer.text:
            self.broken.append(f"{what}: what was sent came back as markup")
        if "evil.example" in answer.headers.get("location", ""):
            self.broken.append(f"{what}: leads to somebody else")
        if "a" in answer.cookies:
            self.broken.append(f"{what}: sets a cookie of theirs")


def test_no_screen_breaks(app: ASGIApp, new_person: NewPerson) -> None:
    attack = Attack()
    for login, role in ROLES.items():
        new_person(login, role)
        browser = Browser(app)
        browser.sign_in(login)
        browser.get("/account")  # A page with a form: its key is good for every other.
        found = FORM_KEY.search(browser.text)
        assert found
        for route in routes():
            if "sign" not in route.path:  # Who signs out has no screens to try.
                try_screen(browser, route, attack, Sender(found[1], hand_of(login, route)))
        browser.close()
    print(f"{len(routes())} screens, {attack.statuses.total()} calls: {dict(attack.statuses)}")
    assert attack.broken == []
    assert attack.statuses.total() >= 500


@dataclass(frozen=True)
class Sender:
    """Somebody signed in, and what they try of all that is tried on a screen."""

    form_key: str
    hand: slice | None  # None: it is not for them, and to others it does not exist at all.


def hand_of(login: str, route: APIRoute) -> slice | None:
    """What is tried on a screen is dealt out among whoever it is for."""
    roles = roles_of(route)
    welcome = [name for name, role in ROLES.items() if roles is None or role in roles]
    assert welcome, f"nobody tries {route.path}"
    return slice(welcome.index(login), None, len(welcome)) if login in welcome else None


def try_screen(browser: Browser, route: APIRoute, attack: Attack, by: Sender) -> None:
    method = "GET" if "GET" in (route.methods or ()) else "POST"
    for told in tuple(filled(route))[by.hand or slice(TRIED_BY_STRANGERS)]:
        address = PLACE.sub("nobody", route.path)
        if method == "GET":
            answer = browser.send("GET", address, params=told)
        else:
            answer = browser.post(address, **{"form_key": by.form_key, **told})
        attack.look(f"{method} {route.path} {told}"[:200], answer)
    for part in PARTS[by.hand] if by.hand and "{" in route.path else ():
        answer = browser.send(method, part.join(PLACE.split(route.path)[::2]))
        attack.look(f"{method} {route.path} at {part[:30]}", answer)


def test_no_sign_in_form_opens_the_door(app: ASGIApp, new_person: NewPerson) -> None:
    new_person("care", Role.CARE)
    attack, browser = Attack(), Browser(app)
    for value in (*VALUES[:12], *VALUES[18:]):
        browser.get("/sign-in")
        attack.look(f"login {value!r}"[:80], browser.post("/sign-in", login=value, password="x"))
        assert browser.get("/orders").status_code in (302, 303), value
    browser.close()
    assert attack.broken == []
