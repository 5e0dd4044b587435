"""The grid of items and places: more places than fit are a step aside, with the same items."""

import re

import pytest
from tests.web.conftest import Browser, NewPerson
from tests.web.wares import PLACES

from ovunque.access.model import Role
from ovunque.web.goods import stock

COLUMN = re.compile(r'class="end at" title="([^,]+),')


def columns(browser: Browser, address: str) -> list[str]:
    assert browser.get(address).status_code == 200
    return COLUMN.findall(browser.text)


def step(browser: Browser, name: str) -> str | None:
    found = re.search(rf'href="([^"]+)">{name}</a>', browser.text)
    return found[1] if found else None


def test_places_that_do_not_fit_are_a_step_aside(
    browser: Browser, new_person: NewPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    monkeypatch.setattr(stock, "PLACES_MAX", 2)
    seen, address = list[str](), "/stock?q=linen"
    while address:
        shown = columns(browser, address)
        assert len(re.findall(r'class="end desk cell"', browser.text)) == len(shown)
        assert 'class="a-total end strong">32<' in browser.text, "the total is of all places"
        seen += shown
        address = step(browser, "Further places") or ""
    assert sorted(seen) == sorted(name for _, name, *_ in PLACES)
    back = step(browser, "Places before")
    assert back == "/stock?q=linen&skip=2"
    assert columns(browser, back) == seen[2:4]
    assert columns(browser, "/stock?skip=99") == seen[:2]
