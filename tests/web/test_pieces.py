"""Single pieces on the pages of items: beside the new one, and alone."""

import pytest
from tests.factories import TESTER
from tests.web.conftest import Browser, NewPerson
from tests.web.wares import MILAN

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.catalog.model import PieceRequest
from ovunque.platform.clock import now
from ovunque.platform.embedded import wait_until
from ovunque.stock.listing_pieces import list_piece
from ovunque.web.goods import item

SHIRT = "SR-COT-WHT-M"
PICTURE = "/pictures/shirts/white/used_a/1.svg"


def take_in(services: Services, nth: int) -> str:
    request = PieceRequest(
        sku=f"{SHIRT}-U{nth}",
        like=SHIRT,
        serial=f"SN-{nth}",
        condition="used_a",
        location=MILAN,
        price_cents=1_900,
        note=f"Cuff worn {nth}",
        photos=(PICTURE,),
    )
    services.database.transact(lambda tx: list_piece(tx, TESTER, request, now()))
    return request.sku


@pytest.fixture
def mara(browser: Browser, new_person: NewPerson) -> Browser:
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    return browser


def shows(browser: Browser, sku: str, text: str) -> bool:
    answer = browser.get(f"/items/{sku}")
    return answer.status_code == 200 and text in browser.text


def test_the_page_of_a_piece_shows_it(mara: Browser, services: Services) -> None:
    sku = take_in(services, 1)
    assert wait_until(lambda: shows(mara, sku, "In other conditions"), 30)
    assert "SN-1" in mara.text
    assert "Cuff worn 1" in mara.text
    assert f'<img src="{PICTURE}"' in mara.text


def test_a_new_item_shows_its_pieces_those_on_sale_first(
    mara: Browser, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item, "PIECES_SHOWN", 2)
    for nth in range(1, 4):
        take_in(services, nth)
    assert wait_until(lambda: shows(mara, SHIRT, "2 of 3 are shown"), 30)
    assert "Cuff worn 1" in mara.text
    assert f'<img src="{PICTURE}"' in mara.text
