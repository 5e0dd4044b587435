"""A held feed on its page: seen level by level, accepted or dropped by somebody else."""

import re
from datetime import timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp
from tests.web.conftest import Browser, NewPerson
from tests.web.living import new_key
from tests.web.wares import MILAN, WARES

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.kernel.ids import public_id
from ovunque.network.listing import find_location
from ovunque.platform import clock
from ovunque.stock import rules
from ovunque.stock.deciding import list_feeds
from ovunque.stock.describing import find_source
from ovunque.stock.model import Key
from ovunque.stock.model.feeding import FeedState
from ovunque.stock.reading import list_levels_of
from ovunque.web.office import feeds

JACKET = "JK-LIN-SND-M"


@pytest.fixture
def mara(browser: Browser, new_person: NewPerson) -> Browser:
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    return browser


@pytest.fixture
def held(app: ASGIApp, services: Services, monkeypatch: pytest.MonkeyPatch) -> str:
    """A till that says that all of Milan is gone: it has to wait, small as the shop is."""
    monkeypatch.setattr(rules, "SUSPICIOUS_LEVELS_MIN", 1)
    token = new_key(services.database, services.new_id)
    services.database.read(services.keys.load)
    at = services.database.read(lambda tx: find_location(tx, MILAN)).id
    levels = services.database.read(
        lambda tx: tx.execute(
            "select sku from stock_level where location_id = %(at)s order by sku", {"at": at}
        ).fetchall()
    )
    as_of = (clock.now() - timedelta(seconds=1)).isoformat()
    counts = [{"location": MILAN, "sku": sku, "on_hand": 0, "as_of": as_of} for (sku,) in levels]
    program = Browser(app)
    answer = program.send(
        "POST",
        "/v1/stock/counts",
        json={"source": "till", "counts": counts},
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "all-gone"},
    )
    program.close()
    assert answer.status_code == 202, answer.text
    (feed,) = services.database.read(
        lambda tx: list_feeds(tx, state=None, source=None, before=None, limit=9)
    )
    return public_id("fee", feed.id)


def on_hand(services: Services) -> int:
    at = services.database.read(lambda tx: find_location(tx, MILAN)).id
    levels = services.database.read(lambda tx: list_levels_of(tx, [JACKET]))
    return next(each.on_hand for each in levels if each.key == Key(JACKET, at))


def states(services: Services) -> list[Any]:
    found = services.database.read(
        lambda tx: list_feeds(tx, state=None, source=None, before=None, limit=9)
    )
    return [each.state for each in found]


def test_a_held_feed_shows_what_it_would_change(mara: Browser, held: str) -> None:
    mara.get("/feeds")
    assert "Waits for you" in mara.text
    mara.get(f"/feeds/{held}")
    assert JACKET in mara.text
    assert "What it would change, place by place" in mara.text


def test_an_accepted_feed_is_applied(mara: Browser, services: Services, held: str) -> None:
    assert on_hand(services) > 0
    mara.get(f"/feeds/{held}")
    assert mara.post(f"/feeds/{held}/acceptance").status_code == 303
    assert states(services) == [FeedState.APPLIED]
    assert on_hand(services) == 0
    assert mara.post(f"/feeds/{held}/rejection").status_code == 409, "it is decided"


def test_a_feed_that_was_accepted_by_mistake_is_taken_back(
    mara: Browser, services: Services, held: str
) -> None:
    before = on_hand(services)
    mara.get(f"/feeds/{held}")
    mara.post(f"/feeds/{held}/acceptance")
    mara.get(f"/feeds/{held}")
    assert "What it changed, and how it would be without it" in mara.text
    assert JACKET in mara.text
    assert mara.post(f"/feeds/{held}/undo").status_code == 303
    assert states(services) == [FeedState.UNDONE]
    assert on_hand(services) == before
    mara.get(f"/feeds/{held}")
    assert "taken back by" in mara.text
    assert "It was wrong: take it back" not in mara.text
    assert mara.post(f"/feeds/{held}/undo").status_code == 409
    mara.get("/feeds?state=undone")
    assert held in mara.text


def test_a_dropped_feed_changes_nothing(mara: Browser, services: Services, held: str) -> None:
    before = on_hand(services)
    mara.get(f"/feeds/{held}")
    assert mara.post(f"/feeds/{held}/rejection").status_code == 303
    assert states(services) == [FeedState.REJECTED]
    assert on_hand(services) == before


def test_somebody_asks_for_a_count_and_takes_it_back(mara: Browser) -> None:
    mara.get("/counts")
    assert "Nothing to count" in mara.text
    asked = mara.post("/counts", sku=JACKET, location=MILAN)
    assert asked.status_code == 303
    mara.get("/counts")
    assert "Somebody asked" in mara.text
    assert mara.post("/counts", sku="NOTHING", location=MILAN).status_code == 422
    mara.get("/counts")
    assert mara.post("/counts/dismissals", sku=JACKET, location=MILAN).status_code == 303
    mara.get("/counts")
    assert "Nothing to count" in mara.text


def test_a_store_sees_its_own_counts_only(
    app: ASGIApp, mara: Browser, new_person: NewPerson
) -> None:
    mara.get("/counts")
    mara.post("/counts", sku=JACKET, location=MILAN)
    new_person("luca", Role.STORE_MANAGER, "RM-CORSO")
    rome = Browser(app)
    rome.sign_in("luca")
    rome.get(f"/counts?location={MILAN}")
    assert "Nothing to count" in rome.text
    assert rome.post("/counts/dismissals", sku=JACKET, location=MILAN).status_code == 404
    mara.post("/counts", sku=JACKET, location="RM-CORSO")
    rome.get("/counts")
    assert "I count it" in rome.text
    assert rome.post("/counts/assignments", sku=JACKET, mine="true").status_code == 303
    rome.get("/counts")
    assert "You count it" in rome.text
    assert "Give it back" in rome.text
    mara.get("/counts?location=RM-CORSO")
    assert "counts it" in mara.text
    rome.post("/counts/assignments", sku=JACKET, mine="false")
    rome.get("/counts")
    assert "I count it" in rome.text
    rome.close()


def test_what_waits_is_told_apart_from_what_was_decided(mara: Browser, held: str) -> None:
    mara.get("/feeds?state=applied")
    assert held not in mara.text
    assert "Nothing found" in mara.text
    mara.get(f"/feeds/{held}")
    mara.post(f"/feeds/{held}/acceptance")
    mara.get("/feeds")
    assert held not in mara.text, "it waits no more"
    for address in ("/feeds?state=applied", "/feeds?state=any&source=till", "/feeds?state=odd"):
        mara.get(address)
        assert f"/feeds/{held}" in mara.text, address
    mara.get("/feeds?state=any&source=wms")
    assert held not in mara.text


def test_a_long_difference_is_read_page_by_page(
    mara: Browser, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "DIFFERENCES", 4)
    seen, address = set[str](), f"/feeds/{held}"
    for _ in range(20):
        mara.get(address)
        seen |= set(re.findall(r"/items/([^?]+)\?at=", mara.text))
        further = re.search(rf'href="(/feeds/{held}\?[^"]+)"', mara.text)
        if further is None:
            break
        address = further[1]
    here = {sku for sku, *_, places in WARES if MILAN in places}
    assert seen == here
    assert "To the first" in mara.text


def test_a_dear_write_off_shows_its_worth_and_takes_units_away(
    app: ASGIApp, mara: Browser, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = new_key(services.database, services.new_id)
    services.database.read(services.keys.load)
    gone = {
        "id": "flood-1",
        "location": MILAN,
        "sku": JACKET,
        "kind": "written_off",
        "quantity": 3,
        "occurred_at": (clock.now() - timedelta(seconds=1)).isoformat(),
        "reason": "water damage",
    }
    program = Browser(app)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "flood"}
    rest = [gone | {"id": f"flood-{nth}", "quantity": 1, "reason": "mud"} for nth in (2, 3)]
    body = {"source": "till", "movements": [gone, *rest]}
    program.send("POST", "/v1/stock/movements", json=body, headers=headers)
    program.close()
    mara.get("/feeds")
    assert "€1,245.00" in mara.text
    (held,) = re.findall(r"/feeds/(fee_\w+)", mara.text)
    mara.get(f"/feeds/{held}")
    assert "Worth €1,245.00" in mara.text
    assert "Linen jacket, sand, M" in mara.text
    assert "water damage" in mara.text
    assert "−3" in mara.text
    monkeypatch.setattr(feeds, "DIFFERENCES", 1)
    mara.get(f"/feeds/{held}?nth=1")
    assert "water damage" not in mara.text
    assert "mud" in mara.text
    assert "To the first" in mara.text
    assert f"/feeds/{held}?nth=2" in mara.text


SETTINGS = {
    "code": "wms",
    "version": "0",
    "kind": "book",
    "reports": "on_hand",
    "picked_inside": "true",
    "posting_delay_s": "600",
    "clock_skew_s": "5",
    "clock_offset_ms": "",
    "moved_percent_max": "45",
    "zeroed_percent_max": "20",
    "write_off_max": "1200,5",
}


def test_a_source_is_described_on_a_screen(mara: Browser, services: Services) -> None:
    mara.get("/sources")
    assert mara.post("/sources", **SETTINGS).status_code == 303
    source = services.database.read(lambda tx: find_source(tx, "wms")).source
    assert (source.posting_delay_s, source.moved_percent_max) == (600, 45)
    assert source.picked_inside
    assert source.clock_offset_ms is None
    mara.get("/feeds")
    assert "late by 10" in mara.text
    mara.get("/sources?code=wms")
    assert 'value="1200.50"' in mara.text
    assert mara.post("/sources", **SETTINGS).status_code == 422, "somebody was quicker"
    mara.get("/sources?code=wms")
    again = SETTINGS | {"version": "1", "clock_offset_ms": "-250"}
    assert mara.post("/sources", **again).status_code == 303
    source = services.database.read(lambda tx: find_source(tx, "wms")).source
    assert source.clock_offset_ms == -250


def test_a_source_that_contradicts_itself_is_not_described(mara: Browser) -> None:
    mara.get("/sources")
    for wrong in ({"code": "not a code"}, {"reports": "available", "picked_inside": "false"}):
        answer = mara.post("/sources", **SETTINGS | wrong)
        assert answer.status_code == 422, wrong
        assert 'value="600"' in mara.text, "what was written is still there"
    assert mara.get("/sources?code=wms").status_code == 404
