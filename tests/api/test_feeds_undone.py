"""Feeds that were accepted by mistake: taken back, where nothing newer has come."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import product

import pytest
from tests.api.conftest import Api
from tests.api.examples import MOVEMENTS
from tests.api.thirty import MI, TEN, moved, on_hand, sku, tell
from tests.factories import TESTER

from ovunque import worker
from ovunque.api.call import Services
from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.platform import jobs
from ovunque.platform.clock import now
from ovunque.platform.jobs import Work
from ovunque.stock import deciding, undoing
from ovunque.stock.counting import count as count_levels
from ovunque.stock.model import Count, Key


def test_an_accepted_feed_is_taken_back_where_nothing_newer_has_come(
    store: Api, other: Api, services: Services
) -> None:
    """What moved since stays counted, and a newer count stands."""
    feed = tell(store, dict.fromkeys(range(25), 0), TEN).json()["held"]
    assert other.post(f"/v1/feeds/{feed}/undo", {}).status_code == 409, "it is not applied"
    other.post(f"/v1/feeds/{feed}/acceptance", {})
    moved(store, 1, "received", 3, occurred_at="2026-03-02T10:30:00Z")
    moved(store, 2, "received", 4, occurred_at="2026-03-02T09:30:00Z")  # Before it, told late.
    assert (on_hand(store, 1), on_hand(store, 2)) == (3, 0)
    tell(store, {3: 7, 4: 0}, "2026-03-02T11:00:00Z")  # The second finds what the feed told.

    page = other.get(f"/v1/feeds/{feed}/undo", params={"limit": 5}).json()
    seen = [(each["on_hand"], each["without"], each["outcome"]) for each in page["data"]]
    assert seen[:3] == [(0, 10, "pending"), (3, 13, "pending"), (0, 14, "pending")]
    assert [outcome for *_, outcome in seen[3:]] == ["newer", "newer"]
    assert page["next_cursor"] is not None
    mine = store.post(f"/v1/feeds/{feed}/undo", {})
    assert (mine.status_code, mine.json()["code"]) == (409, "four_eyes")

    undone = other.post(f"/v1/feeds/{feed}/undo", {})
    assert (undone.status_code, undone.json()["state"]) == (201, "undone"), undone.text
    assert [on_hand(store, nth) for nth in range(6)] == [10, 13, 14, 7, 0, 10]
    told = other.get(f"/v1/feeds/{feed}/undo", params={"limit": 5}).json()["data"]
    assert [each["outcome"] for each in told] == ["undone", "undone", "undone", "left", "left"]
    assert other.post(f"/v1/feeds/{feed}/undo", {}).status_code == 409, "once is enough"
    assert other.get(f"/v1/feeds/{feed}").json()["undone_by"].startswith("client of")
    assert check_now(services.database) == ()
    assert tell(store, dict.fromkeys(range(25), 0), TEN).status_code == 202, "told again it waits"


def test_a_whole_count_that_is_taken_back_says_no_longer_what_is_not_there(
    store: Api, other: Api, services: Services
) -> None:
    """A level that comes to be later does not begin at a count that was none."""
    scope = {"location": MI, "complete": True}
    feed = tell(store, {0: 10}, TEN, scope=scope).json()["held"]
    assert other.post(f"/v1/feeds/{feed}/acceptance", {}).json()["changed"] == 29
    assert on_hand(store, 29) == 0
    assert other.post(f"/v1/feeds/{feed}/undo", {}).json()["state"] == "undone"
    assert on_hand(store, 29) == 10
    whole = services.database.read(
        lambda tx: tx.execute("select count(*) from stock_complete").fetchone()
    )
    assert whole == (0,)
    assert check_now(services.database) == ()


def test_a_large_feed_is_taken_back_by_the_worker(
    store: Api, other: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off, it goes on behind what was taken back."""
    feed = tell(store, dict.fromkeys(range(25), 0), TEN).json()["held"]
    other.post(f"/v1/feeds/{feed}/acceptance", {})
    monkeypatch.setattr(undoing, "COUNTS_MAX", 10)
    asked = other.post(f"/v1/feeds/{feed}/undo", {}).json()
    assert asked["state"] == "undoing"
    assert on_hand(store, 0) == 0
    id_ = parse_public_id("fee", feed)
    found = services.database.read(lambda tx: deciding.find_feed(tx, id_))
    services.database.transact(lambda tx: undoing.undo_portion(tx, TESTER, found, now()))
    assert (on_hand(store, 9), on_hand(store, 10)) == (10, 0)
    known = worker.known_jobs(services.settings, services.snapshot())
    jobs.run_due(services.database, Work(runners=known, jitter=lambda: 0.5), now())
    assert other.get(f"/v1/feeds/{feed}").json()["state"] == "undone"
    assert on_hand(store, 24) == 10
    assert check_now(services.database) == ()


def test_a_newer_count_wins_whether_it_comes_before_or_while_a_feed_is_taken_back(
    store: Api, other: Api, services: Services
) -> None:
    """Both at once, many times: what was counted last is what lies there."""
    for turn in range(8):
        hour = f"2026-03-02T{10 + turn}"
        feed = tell(store, dict.fromkeys(range(25), 0), f"{hour}:10:00Z").json()["held"]
        assert other.post(f"/v1/feeds/{feed}/acceptance", {}).status_code == 201
        id_ = parse_public_id("fee", feed)
        place = services.snapshot().network.by_code[MI].id
        later = datetime.fromisoformat(f"{hour}:20:00+00:00")
        counts = [Count(key=Key(sku(nth), place), on_hand=5, as_of=later) for nth in range(10)]
        with ThreadPoolExecutor(2) as both:
            undone = both.submit(
                services.database.transact,
                lambda tx, id_=id_: undoing.undo_feed(tx, TESTER, id_, now()),
            )
            counted = both.submit(
                services.database.transact,
                lambda tx, counts=counts: count_levels(tx, TESTER, "wms", counts, now()),
            )
            assert (undone.result().state, counted.result().changed) == ("undone", 10)
        assert [on_hand(store, nth) for nth in (0, 9, 10, 24)] == [5, 5, 10, 10]
        assert check_now(services.database) == ()
        back = dict.fromkeys(range(10), 10)
        assert tell(store, back, f"{hour}:30:00Z").status_code == 200


def test_an_accepted_write_off_is_taken_back_by_its_opposite(
    store: Api, other: Api, services: Services
) -> None:
    store.put("/v1/stock/sources/till", {"code": "till", "write_off_cents_max": 0})
    feeds = [moved(store, nth, "written_off", 4).json()["held"] for nth in (5, 6)]
    told = other.get(f"/v1/feeds/{feeds[0]}/movements").json()
    assert [(each["sku"], each["kind"], each["quantity"]) for each in told["data"]] == [
        (sku(5), "written_off", 4)
    ]
    for feed in feeds:
        assert other.post(f"/v1/feeds/{feed}/acceptance", {}).status_code == 201
    tell(store, {6: 3}, "2026-03-02T11:00:00Z")
    seen = [other.get(f"/v1/feeds/{feed}/undo").json()["data"][0] for feed in feeds]
    assert [(each["on_hand"], each["without"]) for each in seen] == [(6, 10), (3, 3)]
    assert [each["outcome"] for each in seen] == ["pending", "newer"]
    for feed in feeds:
        assert other.post(f"/v1/feeds/{feed}/undo", {}).json()["state"] == "undone"
    assert (on_hand(store, 5), on_hand(store, 6)) == (10, 3)
    late = tell(store, {5: 6}, TEN)  # What stood after it, as the source told: it contains both.
    assert late.status_code == 200
    outcomes = [other.get(f"/v1/feeds/{feed}/undo").json()["data"][0]["outcome"] for feed in feeds]
    assert outcomes == ["undone", "left"]
    assert check_now(services.database) == ()


def test_what_was_found_long_ago_is_forgotten_and_no_longer_undone(
    store: Api, other: Api, services: Services
) -> None:
    feed = tell(store, dict.fromkeys(range(25), 0), TEN).json()["held"]
    other.post(f"/v1/feeds/{feed}/acceptance", {})
    undoing.forget_old(services.database, None, now() + timedelta(days=29))
    assert len(other.get(f"/v1/feeds/{feed}/undo").json()["data"]) == 25
    undoing.forget_old(services.database, None, now() + timedelta(days=31))
    gone = other.post(f"/v1/feeds/{feed}/undo", {})
    assert (gone.status_code, gone.json()["code"]) == (409, "nothing_to_undo")


def test_what_was_accepted_long_ago_is_no_longer_undone(
    store: Api, other: Api, services: Services
) -> None:
    """Nobody knows any more what it had settled, though its movements are known for good."""
    store.put("/v1/stock/sources/till", {"code": "till", "write_off_cents_max": 0})
    feed = parse_public_id("fee", moved(store, 5, "written_off", 4).json()["held"])
    undo = partial(undoing.undo_feed, by=TESTER, feed_id=feed)
    services.database.transact(lambda tx: deciding.accept_feed(tx, TESTER, feed, now()))
    with pytest.raises(Refusal, match="nothing_to_undo"):
        services.database.transact(lambda tx: undo(tx, now=now() + timedelta(days=31)))
    services.database.transact(lambda tx: undo(tx, now=now() + timedelta(days=29)))
    assert on_hand(store, 5) == 10


def aside(api: Api, nth: int, reason: str, quantity: int) -> None:
    body = {"location": MI, "sku": sku(nth), "reason": reason, "quantity": quantity}
    assert api.post("/v1/stock/set-asides", body).status_code == 201


def level(api: Api, nth: int) -> tuple[int, int]:
    """On hand, and how much of it is out of sale."""
    (found,) = api.get("/v1/stock/levels", params={"sku": sku(nth)}).json()["data"]
    return found["on_hand"], found["unavailable"]


def to_count(api: Api) -> list[str]:
    waiting = api.get("/v1/count-tasks", params={"location": MI}).json()["data"]
    return sorted(each["sku"] for each in waiting if each["state"] != "done")


def test_what_a_count_of_the_shelf_settled_is_open_again(
    store: Api, other: Api, services: Services
) -> None:
    """What was missing is missing, and to be counted, unless somebody has seen or told since."""
    assert store.put("/v1/stock/sources/shelf", {"code": "shelf", "kind": "physical"}).is_success
    for nth in (0, 1):
        aside(store, nth, "missing", 2)
    aside(store, 2, "awaiting_till", 1)
    aside(store, 3, "damaged", 1)
    all_gone = dict.fromkeys(range(25), 0)
    feed = tell(store, all_gone, now().isoformat(), source="shelf").json()["held"]
    assert other.post(f"/v1/feeds/{feed}/acceptance", {}).status_code == 201
    assert [level(store, nth) for nth in range(4)] == [(0, 0), (0, 0), (0, 0), (0, 1)]
    assert to_count(store) == []
    tell(store, {1: 9}, now().isoformat(), source="shelf")
    moved(store, 2, "sold_in_store", 1)

    seen = other.get(f"/v1/feeds/{feed}/undo", params={"limit": 4}).json()["data"]
    assert [(each["without"], each["asides"], each["task"]) for each in seen] == [
        (10, {"missing": 2}, "reopened"),
        (10, {}, None),
        (9, {}, None),
        (10, {}, None),
    ]
    assert other.post(f"/v1/feeds/{feed}/undo", {}).json()["state"] == "undone"
    assert [level(store, nth) for nth in range(4)] == [(10, 2), (9, 0), (9, 0), (10, 1)]
    assert to_count(store) == [sku(0)]
    assert check_now(services.database) == ()
    tell(store, {0: 7}, now().isoformat(), source="shelf")
    assert (level(store, 0), to_count(store)) == ((7, 0), []), "who counts it, settles it"


def test_books_that_came_since_leave_open_what_nobody_saw(
    store: Api, other: Api, services: Services
) -> None:
    assert store.put("/v1/stock/sources/shelf", {"code": "shelf", "kind": "physical"}).is_success
    aside(store, 0, "missing", 2)
    feed = tell(store, dict.fromkeys(range(25), 0), now().isoformat(), source="shelf")
    other.post(f"/v1/feeds/{feed.json()['held']}/acceptance", {})
    tell(store, {0: 8}, now().isoformat())
    other.post(f"/v1/feeds/{feed.json()['held']}/undo", {})
    assert (level(store, 0), to_count(store)) == ((8, 2), [sku(0)])
    assert check_now(services.database) == ()


def test_what_a_feed_had_somebody_sent_for_is_withdrawn(
    store: Api, other: Api, services: Services
) -> None:
    """Not where somebody has taken it on, and no adjustment stays that the feed made necessary."""
    for nth in (0, 1):
        moved(store, nth, "sold_in_store", 3, occurred_at="2026-03-02T10:30:00Z")
    feed = tell(store, dict.fromkeys(range(25), 0), TEN).json()["held"]
    other.post(f"/v1/feeds/{feed}/acceptance", {})
    assert to_count(store) == [sku(0), sku(1)], "more was sold than lay there"
    mine = {"location": MI, "sku": sku(1), "assignee": "luca"}
    assert store.post("/v1/count-tasks/assignments", mine).is_success
    seen = other.get(f"/v1/feeds/{feed}/undo", params={"limit": 2}).json()["data"]
    assert [(each["without"], each["task"]) for each in seen] == [(7, "withdrawn"), (7, None)]
    other.post(f"/v1/feeds/{feed}/undo", {})
    assert [on_hand(store, nth) for nth in (0, 1)] == [7, 7]
    assert to_count(store) == [sku(1)]
    assert check_now(services.database) == ()


def test_units_that_a_write_off_accounted_for_are_missing_again(
    store: Api, other: Api, services: Services
) -> None:
    store.put("/v1/stock/sources/till", {"code": "till", "write_off_cents_max": 0})
    aside(store, 5, "missing", 3)
    feed = moved(store, 5, "written_off", 4).json()["held"]
    other.post(f"/v1/feeds/{feed}/acceptance", {})
    assert level(store, 5) == (6, 0)
    (seen,) = other.get(f"/v1/feeds/{feed}/undo").json()["data"]
    assert (seen["without"], seen["asides"]) == (10, {"missing": 3})
    other.post(f"/v1/feeds/{feed}/undo", {})
    assert level(store, 5) == (10, 3)
    assert check_now(services.database) == ()


def test_a_feed_that_is_taken_back_has_settled_nothing_in_whatever_order_tills_told(
    store: Api, other: Api, services: Services
) -> None:
    """Whoever waits and whatever is sold, before it and after it: all is as if it had not come."""
    assert store.put("/v1/stock/sources/shelf", {"code": "shelf", "kind": "physical"}).is_success
    orders = [(steps, at) for steps in product("ws", repeat=3) for at in range(3)]

    def go(nth: int, steps: Sequence[str]) -> None:
        for step in steps:
            if step == "w":
                aside(store, nth, "awaiting_till", 1)
            else:
                moved(store, nth, "sold_in_store", 1, occurred_at=now().isoformat())

    for nth, (steps, at) in enumerate(orders):
        go(nth, steps[:at])
    seen = dict.fromkeys(range(25), 5)
    feed = tell(store, seen, now().isoformat(), source="shelf").json()["held"]
    assert other.post(f"/v1/feeds/{feed}/acceptance", {}).status_code == 201
    for nth, (steps, at) in enumerate(orders):
        go(nth, steps[at:])
    page = other.get(f"/v1/feeds/{feed}/undo", params={"limit": 25}).json()["data"]
    assert other.post(f"/v1/feeds/{feed}/undo", {}).json()["state"] == "undone"
    for nth, (steps, at) in enumerate(orders):
        expected = 10 - steps.count("s"), waiting(steps)
        assert level(store, nth) == expected, (steps, at)
        shown = level(store, nth)[1] - waiting(steps[at:])
        assert page[nth]["asides"].get("awaiting_till", 0) == max(0, shown), (steps, at)
    assert check_now(services.database) == ()


def waiting(steps: Sequence[str]) -> int:
    """For how many no till has spoken since."""
    left = 0
    for step in steps:
        left = left + 1 if step == "w" else max(0, left - 1)
    return left


def test_one_sale_does_not_account_for_what_two_feeds_had_settled(
    store: Api, other: Api, services: Services
) -> None:
    assert store.put("/v1/stock/sources/shelf", {"code": "shelf", "kind": "physical"}).is_success
    feeds = []
    for units in (5, 2):
        aside(store, 0, "awaiting_till", 1)
        told = tell(store, dict.fromkeys(range(25), units), now().isoformat(), source="shelf")
        feeds.append(told.json()["held"])
        assert other.post(f"/v1/feeds/{feeds[-1]}/acceptance", {}).status_code == 201
    moved(store, 0, "sold_in_store", 1, occurred_at=now().isoformat())
    for feed in reversed(feeds):
        assert other.post(f"/v1/feeds/{feed}/undo", {}).json()["state"] == "undone"
    assert level(store, 0) == (9, 1)
    assert check_now(services.database) == ()


def test_a_write_off_that_was_taken_back_accounts_for_nothing(
    store: Api, other: Api, services: Services
) -> None:
    store.put("/v1/stock/sources/till", {"code": "till", "write_off_cents_max": 0})
    aside(store, 5, "missing", 3)
    feeds = []
    for units in (4, 2):
        feeds.append(moved(store, 5, "written_off", units).json()["held"])
        assert other.post(f"/v1/feeds/{feeds[-1]}/acceptance", {}).status_code == 201
    for feed in reversed(feeds):
        assert other.post(f"/v1/feeds/{feed}/undo", {}).json()["state"] == "undone"
    assert level(store, 5) == (10, 3)
    assert check_now(services.database) == ()


def test_what_accounts_for_units_does_so_once_however_a_feed_is_cut_into_portions(
    store: Api, other: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("/v1/stock/sources/till", {"code": "till", "write_off_cents_max": 0})
    aside(store, 5, "missing", 3)
    row = MOVEMENTS["movements"][0] | {"sku": sku(5), "kind": "written_off", "quantity": 2}
    rows = [row | {"id": f"off-{nth}", "sequence": None, "occurred_at": TEN} for nth in (1, 2)]
    key = {"Idempotency-Key": "two-write-offs"}
    told = store.post("/v1/stock/movements", {"source": "till", "movements": rows}, headers=key)
    feed = told.json()["held"]
    assert other.post(f"/v1/feeds/{feed}/acceptance", {}).status_code == 201
    later = {"source": "back-office", "movements": [rows[0] | {"quantity": 1}]}
    key = {"Idempotency-Key": "another-write-off"}
    assert store.post("/v1/stock/movements", later, headers=key).json()["booked"] == 1
    monkeypatch.setattr(undoing, "COUNTS_MAX", 1)
    assert other.post(f"/v1/feeds/{feed}/undo", {}).json()["state"] == "undoing"
    known = worker.known_jobs(services.settings, services.snapshot())
    jobs.run_due(services.database, Work(runners=known, jitter=lambda: 0.5), now())
    assert level(store, 5) == (9, 2)
    assert check_now(services.database) == ()
