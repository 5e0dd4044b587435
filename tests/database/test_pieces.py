"""Single pieces: listed beside the new item, sold once, and never in two places."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from tests.factories import NOW, TESTER, cart
from tests.worlds import World, build, place_code, place_id

from ovunque.catalog import snapshot as catalog_part
from ovunque.catalog.knowing_pieces import list_pieces as list_known
from ovunque.catalog.listing import find_item
from ovunque.catalog.model import Piece, PieceRequest
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database, Tx
from ovunque.stock.claiming import claim
from ovunque.stock.counting import count
from ovunque.stock.listing_pieces import list_piece, list_pieces, withdraw
from ovunque.stock.model import Count, Key, Movement, MovementKind, Taken
from ovunque.stock.moving import move
from ovunque.stock.reading import list_levels_of


def piece(nth: int = 1, **told: Any) -> PieceRequest:
    return PieceRequest(
        **{
            "sku": f"COAT-U{nth}",
            "like": "COAT",
            "serial": f"SN-{nth}",
            "condition": "used_a",
            "location": "L001",
            "price_cents": 9_900,
            "note": "Left cuff worn",
            "photos": ("https://photos.example/1.jpg",),
            **told,
        }
    )


@pytest.fixture
def house(database: Database, new_id: NewId) -> Database:
    build(database, World(locations=3, skus=["COAT", "HAT"], stock={}), TESTER, new_id, NOW)
    return database


def offer(house: Database, request: PieceRequest) -> Piece:
    return house.transact(lambda tx: list_piece(tx, TESTER, request, NOW))


def lies(house: Database, sku: str) -> int:
    return sum(level.on_hand for level in house.read(lambda tx: list_levels_of(tx, [sku])))


def key(house: Database, place: int, sku: str = "COAT-U1") -> Key:
    return Key(sku, house.read(lambda tx: place_id(tx, place_code(place))))


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as found:
        work()
    return found.value.code


def test_a_piece_stands_beside_the_new_item_with_its_grade_and_price(house: Database) -> None:
    found = offer(house, piece())
    offer(house, piece(2, condition="refurbished"))

    assert (found.serial, found.condition, found.note) == ("SN-1", "used_a", "Left cuff worn")
    item = house.read(lambda tx: find_item(tx, "COAT-U1"))
    coat = house.read(lambda tx: find_item(tx, "COAT"))
    assert (item.product, item.titles, item.price_cents) == (coat.product, coat.titles, 9_900)
    assert lies(house, "COAT-U1") == 1
    view = house.read(catalog_part.load)
    assert view.siblings("COAT") == ("COAT-U1", "COAT-U2")
    assert view.siblings("COAT-U2") == ("COAT", "COAT-U1")
    assert (view.like("COAT-U1"), view.like("HAT")) == ("COAT", None)
    known = house.read(lambda tx: list_known(tx, like="COAT"))
    assert [each.sku for each in known] == ["COAT-U1", "COAT-U2"]
    assert check_now(house) == ()


def test_what_cannot_be_a_piece_is_refused(house: Database) -> None:
    offer(house, piece())
    assert refused(lambda: offer(house, piece())) == "already_exists"
    wrongs = (
        (piece(2, serial="SN-1"), "/serial duplicate"),
        (piece(2, like="NOTHING"), "/like unknown_reference"),
        (piece(2, like="COAT-U1"), "/like unknown_reference"),
        (piece(2, location="MARS"), "/location unknown_reference"),
        (piece(2, condition="new"), "/condition not_allowed"),
        (piece(2, photos=("http://photos.example/1.jpg",)), "/photos/0 malformed"),
    )
    for wrong, told in wrongs:
        with pytest.raises(Refusal) as found:
            offer(house, wrong)
        assert [f"{each.pointer} {each.code}" for each in found.value.errors] == [told]


def test_told_again_nothing_comes_a_second_time(house: Database) -> None:
    rows = [piece(1), piece(2)]
    for created, unchanged in ((2, 0), (0, 2)):
        saved = house.transact(lambda tx: list_pieces(tx, TESTER, rows, NOW))
        assert (saved.created, saved.unchanged) == (created, unchanged)
    assert lies(house, "COAT-U1") == 1


def test_a_piece_is_sold_exactly_once(house: Database, new_id: NewId) -> None:
    offer(house, piece())
    at = key(house, 1)

    def buy(_: int) -> bool:
        claimed = house.transact(lambda tx: claim(tx, [cart(new_id, at)], NOW))
        return isinstance(claimed.outcomes[0], Taken)

    with ThreadPoolExecutor(8) as shoppers:
        assert sum(shoppers.map(buy, range(24))) == 1
    later = NOW + timedelta(minutes=1)
    taken_off = refused(lambda: house.transact(lambda tx: withdraw(tx, TESTER, "COAT-U1", later)))
    assert taken_off == "piece_gone", "who has bought it gets it"


def test_nobody_makes_two_of_one(house: Database) -> None:
    """Neither a count nor a receipt, there or somewhere else."""
    offer(house, piece())
    later = NOW + timedelta(minutes=1)

    def told(place: int, units: int) -> Callable[[], object]:
        one = Count(key=key(house, place), on_hand=units, as_of=later)
        return lambda: house.transact(lambda tx: count(tx, TESTER, "wms", [one], later))

    came = Movement(
        id="again",
        key=key(house, 2),
        kind=MovementKind.RECEIVED,
        quantity=1,
        occurred_at=later,
    )
    assert refused(told(1, 2)) == "piece_once"
    assert refused(told(2, 1)) == "piece_once"
    again = refused(lambda: house.transact(lambda tx: move(tx, TESTER, "wms", [came], later)))
    assert again == "piece_once"
    told(1, 1)()
    assert lies(house, "COAT-U1") == 1


def test_two_places_that_count_it_at_once_do_not_both_have_it(house: Database) -> None:
    """Each has looked before the other is done: holding the piece lets only one."""
    offer(house, piece())
    gone = Movement(
        id="gone",
        key=key(house, 1),
        kind=MovementKind.WRITTEN_OFF,
        quantity=1,
        occurred_at=NOW,
    )
    house.transact(lambda tx: move(tx, TESTER, "wms", [gone], NOW))
    both_have_counted = Barrier(2)

    def find(place: int) -> bool:
        one = Count(key=key(house, place), on_hand=1, as_of=NOW + timedelta(minutes=1))

        def work(tx: Tx) -> None:
            count(tx, TESTER, f"wms-{place}", [one], NOW + timedelta(minutes=1))
            with suppress(BrokenBarrierError):
                both_have_counted.wait(timeout=0.5)

        try:
            house.transact(work)
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(2) as places:
        assert sorted(places.map(find, (0, 2))) == [False, True]
    assert lies(house, "COAT-U1") == 1
    assert check_now(house) == ()


def test_a_withdrawn_piece_is_nowhere(house: Database) -> None:
    offer(house, piece())
    later = NOW + timedelta(minutes=1)
    for _ in range(2):
        gone = house.transact(lambda tx: withdraw(tx, TESTER, "COAT-U1", later))
        assert gone.withdrawn_at == later
    assert lies(house, "COAT-U1") == 0
    assert (
        refused(lambda: house.transact(lambda tx: withdraw(tx, TESTER, "HAT", later)))
        == "not_found"
    )
