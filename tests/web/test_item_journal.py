"""An item's journal: every count and every movement, however long ago, none of them twice."""

import re
from datetime import datetime, timedelta

import pytest
from tests.factories import TESTER
from tests.web.conftest import Browser, NewPerson
from tests.web.wares import MILAN, ROME, put

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.network.listing import find_location
from ovunque.platform import clock
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.moving import move
from ovunque.web.goods import journal

JACKET = "JK-LIN-SND-M"
PAGE = f"/stock/journal?sku={JACKET}"
ROW = re.compile(r'class="a-units end strong">(.*?)</td>')


@pytest.fixture
def marta(browser: Browser, new_person: NewPerson) -> Browser:
    new_person("marta", Role.ASSOCIATE)
    browser.sign_in("marta")
    return browser


def tell(services: Services, at: str, kind: MovementKind, when: datetime, units: int = 1) -> None:
    place = services.database.read(lambda tx: find_location(tx, at)).id
    told = Movement(
        id=f"{at}-{when.isoformat()}",
        key=Key(JACKET, place),
        kind=kind,
        quantity=units,
        occurred_at=when,
        reason="from the shelf",
    )
    services.database.transact(lambda tx: move(tx, TESTER, "till", [told], clock.now()))


def units_on(browser: Browser, address: str) -> list[str]:
    assert browser.get(address).status_code == 200
    return ROW.findall(browser.text)


def test_counts_and_movements_stand_together_by_place(marta: Browser, services: Services) -> None:
    now = clock.now()
    tell(services, MILAN, MovementKind.SOLD_IN_STORE, now - timedelta(minutes=30), 2)
    tell(services, ROME, MovementKind.RECEIVED, now - timedelta(minutes=20), 5)
    put(services.database, {(MILAN, JACKET): 27}, now - timedelta(minutes=10))
    assert units_on(marta, PAGE) == ["= 27", "+5", "−2", "= 30", "= 2"]
    assert "from the shelf" in marta.text
    assert units_on(marta, f"{PAGE}&at={MILAN}") == ["= 27", "−2", "= 30"]
    assert "Older" not in marta.text
    marta.get(f"/items/{JACKET}?at={MILAN}")
    assert f"/stock/journal?sku={JACKET}&at={MILAN}" in marta.text


def test_what_happened_long_ago_is_found_page_by_page(
    marta: Browser, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    for days in range(1, 100, 9):
        tell(services, MILAN, MovementKind.SOLD_IN_STORE, now - timedelta(days=days))
    monkeypatch.setattr(journal, "PAGE_ROWS", 2)
    seen, address = list[str](), PAGE
    for _ in range(40):
        seen += units_on(marta, address)
        further = re.search(r'href="(/stock/journal\?[^"]+until=[^"]+)"', marta.text)
        if further is None:
            break
        address = further[1]
    assert seen.count("−1") == 11
    assert len(seen) == 13, "and the counts of both places, that were made at one moment"
    assert "To the newest" in marta.text


def test_a_quiet_month_says_that_older_ones_were_not(marta: Browser, services: Services) -> None:
    moment = (clock.now() - timedelta(days=400)).isoformat()
    address = f"/stock/journal?sku=GL-PEL-BLK&at={ROME}"
    assert units_on(marta, address) == []
    assert "Nothing happened in these days" in marta.text
    assert "Older" not in marta.text
    tell(services, ROME, MovementKind.RECEIVED, datetime.fromisoformat(moment))
    assert units_on(marta, f"{PAGE}&at={ROME}") == ["= 2"]
    assert "Older" in marta.text


def test_an_address_that_makes_no_sense_is_refused(marta: Browser) -> None:
    for wrong in ("x", "2026-01-01", "0001-01-01T00:00:00+00:00", "9" * 30):
        assert marta.get(PAGE, params={"sku": JACKET, "until": wrong}).status_code == 400, wrong
    assert units_on(marta, f"{PAGE}&until=9999-12-31T23:59:59Z")
    assert marta.get("/stock/journal?sku=NOTHING").status_code == 404


def test_of_an_item_that_nobody_knows_those_are_shown_that_are_called_like_it(
    marta: Browser,
) -> None:
    slip = marta.get("/items/jk-lin-snd")
    assert slip.status_code == 404
    assert f'href="/items/{JACKET}"' in slip.text
    nothing = marta.get("/items/NO-SUCH-THING")
    assert nothing.status_code == 404
    assert "Nothing found" in nothing.text
    assert 'name="q" value="NO-SUCH-THING"' in nothing.text
