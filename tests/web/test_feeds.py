"""A held feed on its page: seen level by level, accepted or dropped by somebody else."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp
from tests.web.conftest import Browser, NewPerson
from tests.web.living import new_key
from tests.web.wares import MILAN

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.kernel.ids import public_id
from ovunque.network.listing import find_location
from ovunque.platform import clock
from ovunque.stock import rules
from ovunque.stock.deciding import list_feeds
from ovunque.stock.model import Key
from ovunque.stock.model.feeding import FeedState
from ovunque.stock.reading import list_levels_of

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
