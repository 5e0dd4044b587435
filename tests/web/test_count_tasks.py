"""Count tasks on their page: whose they are, page by page, and dismissed by mistake."""

import re

import pytest
from starlette.types import ASGIApp
from tests.web.conftest import Browser, NewPerson
from tests.web.wares import MILAN, ROME, WARES

from ovunque.access.model import Role
from ovunque.web.goods import counts

JACKET = "JK-LIN-SND-M"
IN_MILAN = sorted(sku for sku, *_, places in WARES if MILAN in places)


@pytest.fixture
def mara(browser: Browser, new_person: NewPerson) -> Browser:
    new_person("mara", Role.MERCHANDISER)
    new_person("marta", Role.ASSOCIATE, MILAN)
    new_person("luca", Role.STORE_MANAGER, ROME)
    browser.sign_in("mara")
    browser.get("/counts")
    browser.post("/counts", sku=JACKET, location=MILAN)
    return browser


def test_a_count_is_given_to_somebody_who_works_there(app: ASGIApp, mara: Browser) -> None:
    mara.get("/counts")
    assert "Marta</option>" in mara.text
    assert "Luca</option>" not in mara.text, "nobody walks from Rome"
    named = mara.post("/counts/names", sku=JACKET, location=MILAN, to="marta", shown=MILAN)
    assert named.headers["Location"] == f"/counts?location={MILAN}"
    for who in ("luca", "mara", "nobody"):
        refused = mara.post("/counts/names", sku=JACKET, location=MILAN, to=who)
        assert refused.status_code == 404, who
    mara.get("/counts?whose=assigned")
    assert "Marta counts it" in mara.text
    mara.get("/counts?whose=open")
    assert JACKET not in mara.text
    marta = Browser(app)
    marta.sign_in("marta")
    marta.get("/counts")
    assert "You count it" in marta.text
    assert "Who counts it" not in marta.text, "that is said by whoever answers for it"
    assert marta.post("/counts/names", sku=JACKET, to="marta").status_code == 404
    marta.close()
    mara.get("/counts")
    mara.post("/counts/names", sku=JACKET, location=MILAN)
    mara.get("/counts?whose=open")
    assert JACKET in mara.text


def test_a_manager_names_people_of_their_own_store_only(app: ASGIApp, mara: Browser) -> None:
    mara.post("/counts", sku=JACKET, location=ROME)
    luca = Browser(app)
    luca.sign_in("luca")
    luca.get("/counts")
    assert "Luca</option>" in luca.text
    assert "Marta</option>" not in luca.text
    assert luca.post("/counts/names", sku=JACKET, to="marta").status_code == 404
    assert luca.post("/counts/names", sku=JACKET, to="luca").status_code == 303
    luca.get("/counts")
    assert "You count it" in luca.text
    luca.close()


def test_many_counts_are_read_page_by_page(mara: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    for sku in IN_MILAN:
        mara.post("/counts", sku=sku, location=MILAN)
    monkeypatch.setattr(counts, "PAGE_ROWS", 4)
    seen: list[str] = []
    address = f"/counts?location={MILAN}"
    for _ in IN_MILAN:
        mara.get(address)
        assert f'<span class="subtle num">{len(IN_MILAN)}</span>' in mara.text
        seen += re.findall(r'plain strong" href="/items/([^?]+)\?at=', mara.text)
        further = re.search(r'class="btn" href="(/counts\?[^"]+after=[^"]+)"', mara.text)
        if further is None:
            break
        address = further[1]
    assert sorted(seen) == IN_MILAN
    for wrong in ("x", "2026-01-01 x y", "2026-01-01T00:00:00 " + "0" * 32 + " A"):
        assert mara.get("/counts", params={"after": wrong}).status_code == 400, wrong


def test_what_was_dismissed_by_mistake_is_asked_for_again(mara: Browser) -> None:
    mara.post("/counts/dismissals", sku=JACKET, location=MILAN, shown=MILAN)
    mara.get(f"/counts?location={MILAN}")
    assert "Nothing to count" in mara.text
    assert "Have it counted after all" in mara.text
    mara.post("/counts", sku=JACKET, location=MILAN, shown=MILAN)
    mara.get(f"/counts?location={MILAN}")
    assert "Nothing to count" not in mara.text
