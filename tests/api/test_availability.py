"""What can be sold now: the short way answers as the long one does, and never what was."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from tests.api.conftest import Api, NewKey
from tests.api.test_promises import changed
from tests.factories import TESTER
from tests.loops import run
from tests.worlds import CHANNEL, World, build, put

from ovunque.api import availability
from ovunque.api.call import Services
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.network.saving import save_locations
from ovunque.platform.clock import now
from ovunque.platform.embedded import wait_until
from ovunque.platform.http.express import Express
from ovunque.sourcing import remembering
from ovunque.sourcing.remembering import Book
from ovunque.sourcing.selling import Reach, available
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.model import ProtectionRequest
from ovunque.stock.protecting import remove_protection, save_protections
from ovunque.sweeping import sweep, sweepers

SKUS = ["COAT", "HAT", "BELT"]
STOCK = {("L000", "COAT"): 3, ("L001", "COAT"): 2, ("L001", "HAT"): 5, ("L002", "HAT"): 1}
ASK = f"/v1/availability?channel={CHANNEL}"
SECONDS_MAX = 10


SET = ItemRequest(
    sku="SET",
    product="SET",
    titles={"en": "Set"},
    weight_g=800,
    components=(("COAT", 1), ("HAT", 2)),
)


@pytest.fixture(scope="module")
def shop(shared_services: Services) -> Services:
    services = shared_services
    world = World(locations=3, skus=SKUS, stock=STOCK)
    build(services.database, world, TESTER, services.new_id, now())
    services.database.transact(lambda tx: save_items(tx, TESTER, [SET], now()))
    assert wait_until(lambda: "SET" in services.snapshot().catalog.items, SECONDS_MAX)
    return services


@pytest.fixture(scope="module")
def long(shop: Services, shared_api: Api) -> Api:
    return shared_api


@pytest.fixture(scope="module")
def short(shop: Services, long: Api) -> Iterator[Api]:
    """Only the short way: nobody stands behind it."""

    async def nobody(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 599, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    answerers = {availability.PATH: availability.express(shop.teller, shop.keys, shop.buckets)}
    asking = Api(Express(nobody, answerers, "0" * 16), long.token)  # type: ignore[arg-type]
    yield asking
    asking.close()


def units(api: Api, *skus: str, more: str = "") -> dict[str, int]:
    answer = api.get(ASK + "".join(f"&sku={sku}" for sku in skus) + more)
    assert answer.status_code == 200, answer.text
    return {each["sku"]: each["available"] for each in answer.json()["items"]}


def test_a_channel_is_told_what_it_may_sell(short: Api) -> None:
    assert units(short, *SKUS) == {"COAT": 5, "HAT": 6, "BELT": 0}


def test_a_bundle_is_made_at_one_place(short: Api) -> None:
    """The second location has two coats and five hats; nobody sends a coat to another's hat."""
    assert units(short, "SET") == {"SET": 2}


def test_every_location_that_has_some_is_named(short: Api) -> None:
    (item,) = short.get(f"{ASK}&sku=COAT&detail=locations").json()["items"]
    assert item == {
        "sku": "COAT",
        "available": 5,
        "incoming": [],
        "locations": [
            {"location": "L000", "available": 3, "confidence": 99},
            {"location": "L001", "available": 2, "confidence": 95},
        ],
    }


SOUND = (
    "&sku=COAT",
    "&sku=COAT&sku=HAT&sku=COAT",
    "&sku=SET&service=collect",
    "&sku=HAT&detail=locations&service=home",
    "&sku=C%4FAT",
    "&service=home&sku=HAT&sku=COAT",
    "&sku=HAT&service=home&sku=COAT",
    "&&sku=HAT&",
)
UNSOUND = (
    "",
    "&sku=NONE",
    "&sku=COAT&sku=",
    "&sku=COAT&service=pigeon",
    "&sku=COAT&detail=all",
    "&sku=COAT&tint=red",
    "&sku=COAT&channel=web-it",
    "&sku=COAT%00",
    "&sku=COAT&sku",
    "".join(f"&sku=S{nth}" for nth in range(501)),
)


@pytest.mark.parametrize("query", SOUND)
def test_the_short_way_says_what_the_long_one_says(short: Api, long: Api, query: str) -> None:
    ours, theirs = short.get(ASK + query), long.get(ASK + query)
    assert ours.status_code == theirs.status_code == 200
    told = [each.json() for each in (ours, theirs)]
    for each in told:
        assert each.pop("as_of")
        assert each.pop("version")
    assert told[0] == told[1]
    assert ours.headers["ETag"] == theirs.headers["ETag"]
    assert {*theirs.headers} == {*ours.headers}


@pytest.mark.parametrize("query", UNSOUND)
def test_whatever_is_out_of_the_ordinary_takes_the_long_way(short: Api, query: str) -> None:
    assert short.get(ASK + query).status_code == 599


def test_strangers_and_other_requests_take_the_long_way(short: Api, shared_key: NewKey) -> None:
    address = f"{ASK}&sku=COAT"
    others = Api(short.app, shared_key("orders"))
    assert others.get(address).status_code == 599
    assert short.get(address, headers={"Authorization": "Bearer no"}).status_code == 599
    assert short.get(address, headers={"Authorization": "Basic no"}).status_code == 599
    assert short.send("GET", address, content=b"{}").status_code == 599
    assert short.send("HEAD", address).status_code == 599
    assert short.get("/v1/orders").status_code == 599
    others.close()


def test_an_unknown_item_is_a_problem_among_answers(long: Api) -> None:
    answer = long.get(f"{ASK}&sku=NONE&sku=COAT").json()
    assert [each["sku"] for each in answer["items"]] == ["COAT"]
    assert [(each["code"], each["pointer"]) for each in answer["problems"]] == [
        ("unknown_reference", "query:sku/0")
    ]


def test_a_change_while_it_is_written_is_not_written_over(shop: Services) -> None:
    """The follower strikes out between our look at the stock and our note of it."""
    book = Book(shop.snapshot(), now)

    def interrupted(snapshot: Snapshot, reach: Reach, sku: str, at: datetime) -> bytes:
        told = b"%d" % available(snapshot, reach, sku, at)
        book.forget([sku])
        return told

    page = book.page(CHANNEL, None, interrupted)
    assert page is not None
    assert book.write(page, "COAT") == b"5"
    assert page.items == {}


def test_what_is_remembered_is_bounded(shop: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "BYTES_MAX", 500)
    book = Book(shop.snapshot(), now)
    for sku in SKUS:
        page = book.page(CHANNEL, None, lambda *_: b"x" * 100)
        assert page is not None
        assert book.write(page, sku) == b"x" * 100
        assert len(page.items) <= 2


def test_a_failure_of_the_short_way_takes_the_long_one() -> None:
    async def behind(scope: Any, receive: Any, send: Any) -> None:
        said.append(scope["path"])

    def broken(query: bytes, authorization: bytes) -> None:
        raise RuntimeError

    said: list[str] = []
    scope = {"method": "GET", "path": "/hot", "headers": [], "query_string": b""}
    run(Express(behind, {"/hot": broken}, "0" * 16)(scope, behind, behind))  # type: ignore[arg-type]
    assert said == ["/hot"]


def test_another_system_takes_all_once_and_then_what_changes(long: Api, shop: Services) -> None:
    """Two counts of an item are one row, with the number as it is now."""
    export = long.get(f"/v1/availability/exports?channel={CHANNEL}")
    rows = [msgspec.json.decode(line) for line in export.content.splitlines()]
    assert {each["sku"]: each["available"] for each in rows} == units(long, *SKUS, "SET")
    assert long.get("/v1/availability/exports?channel=none").status_code == 422

    for nth, had in enumerate((4, 1)):
        put(shop.database, {("L002", "BELT"): had}, TESTER, now() + timedelta(seconds=nth))
    cursor, found = export.headers["Next-Cursor"], []

    def caught_up() -> bool:
        nonlocal cursor
        changes = f"/v1/availability/changes?channel={CHANNEL}&cursor={cursor}"
        answer = long.get(changes).json()
        cursor = answer["next_cursor"]
        found.extend(answer["data"])
        return bool(found) and found[-1] == {"sku": "BELT", "available": 1}

    assert wait_until(caught_up, SECONDS_MAX)
    assert {each["sku"] for each in found} == {"BELT"}
    begin = long.get(f"/v1/availability/changes?channel={CHANNEL}").json()
    assert begin["data"] == []


def test_changes_tell_what_time_alone_has_turned(long: Api, shop: Services) -> None:
    """Nobody writes: a launch comes, a stop-sale is over, a hold has run out."""
    began = now()
    hour = began + timedelta(hours=1)
    rules = [
        ProtectionRequest(code="launch", kind="listing", sku="COAT", starts_at=hour),
        ProtectionRequest(code="stop", kind="stop", sku="BELT", ends_at=hour),
    ]
    shop.database.transact(lambda tx: save_protections(tx, TESTER, rules, began))
    left = {"COAT": 0, "BELT": 0, "HAT": units(long, "HAT")["HAT"] - 1}
    lines = [{"sku": "HAT", "quantity": 1}]
    held = {"channel": CHANNEL, "lines": lines, "minutes": 15, "reference": "session-1"}
    assert long.post("/v1/holds", json=held).status_code == 201
    assert wait_until(lambda: units(long, *left) == left, SECONDS_MAX)
    changes = f"/v1/availability/changes?channel={CHANNEL}"
    cursor, found = long.get(changes).json()["next_cursor"], set[str]()

    for each in sweepers(shop.snapshot, shop.new_id):
        if each.name in ("protections.turn", "holds.expire"):
            sweep(shop.database, each, hour + timedelta(minutes=1))

    def told() -> bool:
        nonlocal cursor
        answer = long.get(f"{changes}&cursor={cursor}").json()
        cursor = answer["next_cursor"]
        found.update(each["sku"] for each in answer["data"])
        return found >= {"HAT", "COAT", "BELT"}

    assert wait_until(told, SECONDS_MAX), found
    for rule in rules:
        shop.database.transact(partial(remove_protection, by=TESTER, code=rule.code, now=now()))


def test_every_number_can_be_taken_apart(long: Api, shop: Services) -> None:
    """What the parts of all locations sum up to is the number that the shop shows."""
    address = f"/v1/stock/explanations?channel={CHANNEL}&sku=COAT"
    rule = ProtectionRequest(code="last-one", kind="buffer", units=1, sku="COAT", location="L000")
    shop.database.transact(lambda tx: save_protections(tx, TESTER, [rule], now()))
    assert wait_until(lambda: units(long, "COAT") == {"COAT": 4}, SECONDS_MAX)
    parts = long.get(address).json()["data"]
    assert sum(each["available"] for each in parts) == 4
    first, second = parts
    assert (first["location"], first["on_hand"], first["free"]) == ("L000", 3, 3)
    assert first["protected"] == {"units": 1, "rules": ["last-one"]}
    assert (first["counted"]["source"], first["counted"]["on_hand"]) == ("world", 3)
    assert (second["available"], second["protected"]) == (2, {"units": 0, "rules": []})
    assert (first["incoming"], second["incoming"]) == ([], [])
    page = long.get(f"{address}&limit=1").json()
    assert long.get(f"{address}&limit=1&cursor={page['next_cursor']}").json()["data"] == [second]
    shop.database.transact(lambda tx: remove_protection(tx, TESTER, "last-one", now()))
    assert wait_until(lambda: units(long, "COAT") == {"COAT": 5}, SECONDS_MAX)


def test_what_is_coming_stands_beside_what_is_there(long: Api, shop: Services) -> None:
    """By the place it comes to, and no part of what is available now."""
    day = now().date() + timedelta(days=9)
    announced = {"reference": "PO-7", "location": "L000", "sku": "SCARF", "due_on": day.isoformat()}
    body = {"incoming": [announced | {"quantity": 6}]}
    scarf = ItemRequest(sku="SCARF", product="SCARF", titles={"en": "Scarf"}, weight_g=90)
    shop.database.transact(lambda tx: save_items(tx, TESTER, [scarf], now()))
    assert wait_until(lambda: "SCARF" in shop.snapshot().catalog.items, SECONDS_MAX)
    put(shop.database, {("L000", "SCARF"): 2, ("L001", "SCARF"): 1}, TESTER, now())
    assert long.post("/v1/stock/incoming", json=body).status_code == 201
    address = f"/v1/stock/explanations?channel={CHANNEL}&sku=SCARF"

    def parts() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = long.get(address).json()["data"]
        return found

    assert wait_until(lambda: len(parts()) == 2, SECONDS_MAX)
    first, second = parts()
    told = {"due_on": day.isoformat(), "quantity": 6, "reference": "PO-7"}
    assert (first["incoming"], first["available"]) == ([told], 2)
    assert second["incoming"] == []


def test_a_rule_that_begins_by_itself_is_seen_when_it_does(short: Api, shop: Services) -> None:
    """Nobody tells us: the answers that were written down end with the moment."""
    starts = now() + timedelta(seconds=2)
    rule = ProtectionRequest(code="soon", kind="stop", sku="HAT", starts_at=starts)
    shop.database.transact(lambda tx: save_protections(tx, TESTER, [rule], now()))
    before = units(short, "HAT")
    assert before == {"HAT": 6} or now() >= starts
    assert wait_until(lambda: units(short, "HAT") == {"HAT": 0}, SECONDS_MAX)
    assert now() >= starts
    shop.database.transact(lambda tx: remove_protection(tx, TESTER, "soon", now()))
    assert wait_until(lambda: units(short, "HAT") == {"HAT": 6}, SECONDS_MAX)


def test_the_same_thing_in_other_conditions_is_told_beside_it(long: Api, short: Api) -> None:
    """Of a piece there is one; the answer knows when it has gone."""
    body = {
        "sku": "BELT-U1",
        "like": "BELT",
        "serial": "SN-1",
        "condition": "used_a",
        "location": "L001",
        "price_cents": 900,
    }
    assert long.post("/v1/pieces", json=body).status_code == 201
    assert long.post("/v1/pieces", json=body).json()["code"] == "already_exists"
    told: list[dict[str, Any]] = []

    def caught_up(units: int) -> bool:
        told[:] = short.get(f"{ASK}&sku=BELT&siblings=true").json()["items"]
        return [each["available"] for each in told[1:]] == [units]

    assert wait_until(lambda: caught_up(1), SECONDS_MAX)
    assert [each["sku"] for each in told] == ["BELT", "BELT-U1"]
    assert (told[1]["condition"], told[1]["like"]) == ("used_a", "BELT")
    assert told[1]["price_cents"] == 900
    assert "condition" not in told[0]
    assert units(short, "BELT").keys() == {"BELT"}, "only who asks for them is told"
    (listed,) = long.get("/v1/pieces?like=BELT").json()["data"]
    assert (listed["serial"], listed["taken_in_at"]) == ("SN-1", "L001")
    gone = long.post("/v1/pieces/BELT-U1/withdrawals", json={})
    assert gone.json()["withdrawn_at"] is not None
    assert wait_until(lambda: caught_up(0), SECONDS_MAX)
    assert long.get(f"{ASK}&sku=BELT&siblings=maybe").status_code == 422


def test_a_launch_is_told_ahead_and_sold_from_its_second(short: Api, shop: Services) -> None:
    """The answer that was written down before ends with the moment, and so does the promise."""
    starts = now() + timedelta(seconds=2)
    rule = ProtectionRequest(code="spring", kind="listing", sku="HAT", starts_at=starts)
    shop.database.transact(lambda tx: save_protections(tx, TESTER, [rule], now()))

    def told() -> dict[str, Any]:
        (item,) = short.get(f"{ASK}&sku=HAT").json()["items"]
        return dict(item)

    assert wait_until(lambda: "sold_from" in told() or now() >= starts, SECONDS_MAX)
    before = told()
    if now() < starts:  # A busy machine may be late.
        assert (before["available"], before["incoming"][0]["quantity"]) == (0, 6)
        assert datetime.fromisoformat(before["sold_from"]) == starts
    assert wait_until(lambda: told()["available"] == 6, SECONDS_MAX)
    assert now() >= starts
    assert "sold_from" not in told()
    shop.database.transact(lambda tx: remove_protection(tx, TESTER, "spring", now()))


@pytest.mark.parametrize(("asked", "units"), [("&sku=BELT", 9), ("&sku=HAT&sku=BELT", 7)])
def test_what_has_not_changed_is_not_sent_again(
    short: Api, shop: Services, asked: str, units: int
) -> None:
    address = ASK + asked
    mark = short.get(address).headers["ETag"]
    again = short.get(address, headers={"If-None-Match": mark})
    assert (again.status_code, again.content) == (304, b"")

    put(shop.database, {("L000", "BELT"): units}, TESTER, now() + timedelta(seconds=1))
    assert wait_until(lambda: short.get(address).headers["ETag"] != mark, SECONDS_MAX)
    assert short.get(address, headers={"If-None-Match": mark}).status_code == 200


def test_numbers_follow_stock_items_and_the_network(short: Api, shop: Services) -> None:
    """The last one here: it closes a location for all others."""
    assert units(short, "COAT", "SET") == {"COAT": 5, "SET": 2}
    put(shop.database, {("L001", "HAT"): 3}, TESTER, now() + timedelta(seconds=1))
    assert wait_until(lambda: units(short, "SET") == {"SET": 1}, SECONDS_MAX), "a part changed"

    closed = changed(shop.database, "L001", {"state": "closed"})
    save = save_locations
    shop.database.transact(lambda tx: save(tx, TESTER, [closed], now(), shop.new_id))
    assert wait_until(lambda: units(short, "COAT", "SET") == {"COAT": 3, "SET": 0}, SECONDS_MAX)
