"""Rules of protection on their page: tried first, then applied, taken away, brought back."""

import re
from typing import Any

import pytest
from tests.web.conftest import Browser, NewPerson

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.platform.embedded import wait_until
from ovunque.stock.protecting import list_protections
from ovunque.web.office import protections

RULE: dict[str, Any] = {
    "code": "keep-two",
    "kind": "buffer",
    "units": "2",
    "of": "sku",
    "item": "JK-LIN-SND-M",
    "act": "preview",
}


@pytest.fixture
def mara(browser: Browser, new_person: NewPerson) -> Browser:
    """A merchandiser at the editor."""
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    browser.get("/protections/new")
    return browser


def codes(services: Services) -> list[str]:
    return [each.code for each in services.database.read(list_protections)]


def test_a_rule_is_seen_before_it_is_applied(mara: Browser, services: Services) -> None:
    assert mara.post("/protections", **RULE).status_code == 200
    assert "units leave sale" in mara.text
    assert codes(services) == [], "looking changes nothing"
    assert mara.post("/protections", **RULE | {"act": "apply"}).status_code == 303
    assert codes(services) == ["keep-two"]
    mara.get("/protections")
    assert "Keep 2 units of JK-LIN-SND-M back from everybody: everywhere." in mara.text

    def is_taken_apart() -> bool:
        return mara.get("/items/JK-LIN-SND-M").status_code == 200 and (
            "2 units protected by keep-two" in mara.text
        )

    assert wait_until(is_taken_apart, 30), "the item says which rule keeps what from whom"


def test_rules_are_looked_for_and_read_page_by_page(
    mara: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protections, "PAGE_ROWS", 1)
    for code in ("keep-two", "keep-three"):
        mara.post("/protections", **RULE | {"act": "apply", "code": code})
    mara.post("/protections", **RULE | {"act": "apply", "code": "other", "of": "all", "item": ""})
    mara.get("/protections?q=LIN-SND&kind=buffer")
    assert "/protections/keep-three" in mara.text
    assert "/protections/keep-two" not in mara.text
    (further,) = re.findall(r'href="(/protections\?[^"]+)"', mara.text)
    mara.get(further.replace("&amp;", "&"))
    assert "/protections/keep-two" in mara.text
    assert "/protections/other" not in mara.text
    assert "To the first" in mara.text
    mara.get("/protections?q=nothing+like+it")
    assert "No such rule" in mara.text


def test_a_rule_that_was_removed_can_be_brought_back(mara: Browser, services: Services) -> None:
    mara.post("/protections", **RULE | {"act": "apply"})
    mara.get("/protections/keep-two")
    assert mara.post("/protections/keep-two/removal").status_code == 200
    assert "Apply it to bring it back." in mara.text
    assert codes(services) == []
    assert mara.post("/protections", **RULE | {"act": "apply"}).status_code == 303
    assert codes(services) == ["keep-two"]


def test_what_somebody_else_changed_is_not_overwritten(mara: Browser, services: Services) -> None:
    mara.post("/protections", **RULE | {"act": "apply"})
    mara.get("/protections/keep-two")
    mara.post("/protections", **RULE | {"act": "apply", "units": "3", "version": "1"})
    late = mara.post("/protections", **RULE | {"act": "apply", "units": "4", "version": "1"})
    assert late.status_code == 422
    assert 'role="alert"' in mara.text
    (rule,) = services.database.read(list_protections)
    assert rule.units == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"units": ""}, "Say how many units"),
        ({"kind": "share"}, "Say for which channels"),
        ({"item": "NOTHING"}, "There is no"),
        ({"place": "location:nowhere"}, "There is no"),
        ({"starts": "2026-02-31T10:00"}, "write a date and a time"),
        ({"code": "two words"}, "code"),
    ],
)
def test_what_cannot_be_is_said_on_the_page(
    mara: Browser, services: Services, wrong: dict[str, str], said: str
) -> None:
    answer = mara.post("/protections", **RULE | wrong | {"act": "apply"})
    assert answer.status_code == 422
    assert said in mara.text
    assert codes(services) == []


def test_rules_that_meet_are_named_with_the_one_that_counts(mara: Browser) -> None:
    mara.post("/protections", **RULE | {"act": "apply"})
    mara.get("/protections/new")
    general = {"code": "keep-one", "kind": "buffer", "units": "1", "of": "all", "act": "preview"}

    def is_named() -> bool:
        mara.post("/protections", **general)
        return "keep-two is more specific" in mara.text

    assert wait_until(is_named, 30)
    mara.post("/protections", **general | {"kind": "stop", "units": ""})
    assert "Rules that meet this one" not in mara.text
