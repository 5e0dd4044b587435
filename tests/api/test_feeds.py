"""What sources tell through the front door: taken, held, decided, and asked for."""

from datetime import timedelta
from typing import Any

from tests.api.conftest import Api
from tests.api.examples import COUNTS
from tests.api.thirty import MI, NINE, TEN, moved, on_hand, row, sku, tell
from tests.factories import TESTER

from ovunque.api.bodies import show_instant
from ovunque.api.call import Services
from ovunque.api.paging import write_cursor
from ovunque.kernel.ids import parse_public_id
from ovunque.orders.checking import check_now
from ovunque.platform.clock import now
from ovunque.stock.deciding import accept_feed


def test_a_feed_that_changes_too_much_waits_for_somebody_else(store: Api, other: Api) -> None:
    """Three quarters of a shop gone at once: nothing is changed until a person has looked."""
    told = dict.fromkeys(range(25), 0)
    held = tell(store, told, TEN)
    again = tell(store, told, TEN)
    assert held.status_code == again.status_code == 202
    assert held.json() == again.json()
    feed = held.json()["held"]
    assert on_hand(store, 0) == 10

    (shown,) = store.get("/v1/feeds", params={"state": "held"}).json()["data"]
    assert shown["id"] == feed
    (weight,) = shown["weights"]
    assert (weight["location"], weight["moved_percent"], weight["zeroed"]) == (MI, 83, 25)
    first = store.get(f"/v1/feeds/{feed}/differences", params={"limit": 1}).json()
    assert first["data"] == [
        {"location": MI, "sku": sku(0), "on_hand": 10, "told": 0, "as_of": TEN}
    ]
    assert first["next_cursor"] is not None

    mine = store.post(f"/v1/feeds/{feed}/acceptance", {})
    assert (mine.status_code, mine.json()["code"]) == (409, "four_eyes")
    accepted = other.post(f"/v1/feeds/{feed}/acceptance", {})
    assert (accepted.status_code, accepted.json()["state"]) == (201, "applied")
    assert on_hand(store, 0) == 0
    assert other.post(f"/v1/feeds/{feed}/rejection", {}).status_code == 409


def test_an_accepted_feed_is_applied_by_a_clock_that_runs_behind(
    store: Api, services: Services
) -> None:
    """It was looked at when it came: a storm found a worker that refused it again and again."""
    feed = tell(store, dict.fromkeys(range(25), 0), show_instant(now())).json()["held"]
    behind, id_ = now() - timedelta(hours=1), parse_public_id("fee", feed)
    accepted = services.database.transact(lambda tx: accept_feed(tx, TESTER, id_, behind))
    assert (accepted.state, accepted.changed) == ("applied", 25)


def test_a_rejected_feed_changes_nothing(store: Api, other: Api, services: Services) -> None:
    feed = tell(store, dict.fromkeys(range(25), 100), TEN).json()["held"]
    assert other.post(f"/v1/feeds/{feed}/rejection", {}).json()["state"] == "rejected"
    assert on_hand(store, 0) == 10
    assert store.get(f"/v1/feeds/{feed}/differences").json()["data"] == []
    assert check_now(services.database) == ()


def test_a_whole_count_says_what_is_not_there(store: Api, services: Services) -> None:
    """Only a count that is declared whole zeroes what it does not name."""
    few = dict.fromkeys(range(27), 10)
    assert tell(store, few, TEN).status_code == 200
    assert on_hand(store, 29) == 10

    later = "2026-03-02T11:00:00Z"
    whole = tell(store, few, later, scope={"location": MI, "complete": True})
    assert whole.status_code == 200, whole.text
    assert on_hand(store, 29) == 0
    late = moved(store, 29, "received", 5)  # It came before the count: not there when counted.
    assert late.json()["booked"] == 1
    assert on_hand(store, 29) == 0
    assert check_now(services.database) == ()


def test_a_scope_speaks_of_its_own_location(store: Api) -> None:
    empty = {"source": "wms", "counts": [], "scope": {"location": MI, "complete": True}}
    assert store.post("/v1/stock/counts", empty).json()["errors"][0]["pointer"] == "/scope/as_of"
    assert store.post("/v1/stock/counts", COUNTS | {"counts": []}).status_code == 422
    part = tell(store, {0: 1}, TEN, scope={"location": MI, "complete": False})
    assert part.status_code == 422


def test_a_missing_number_asks_for_a_full_count(store: Api) -> None:
    for sequence in (1, 2, 5):
        assert moved(store, 0, "received", 1, sequence=sequence).status_code == 201
    wanted = store.get("/v1/feeds").json()["wanted"]
    assert wanted == [{"source": "till", "missing": [{"first": 3, "last": 4}]}]

    moved(store, 0, "received", 1, sequence=4)
    source = store.get("/v1/stock/sources/till").json()
    assert (source["last_sequence"], source["missing"]) == (5, [{"first": 3, "last": 3}])

    noon = "2026-03-02T12:00:00Z"
    scope = {"location": MI, "complete": True, "as_of": noon}
    body: dict[str, Any] = {"source": "till", "counts": [], "scope": scope}
    assert store.post("/v1/stock/counts", body).status_code == 202, "it would empty the shop"
    body["counts"] = [row(nth, 10, noon) for nth in range(30)]
    assert store.post("/v1/stock/counts", body).status_code == 200
    assert store.get("/v1/feeds").json()["wanted"] == []


def test_a_sale_of_what_was_not_there_is_a_fact_and_somebody_counts(
    store: Api, services: Services
) -> None:
    assert moved(store, 1, "sold_in_store", 12).status_code == 201
    assert on_hand(store, 1) == 0
    (task,) = store.get("/v1/count-tasks", params={"state": "open"}).json()["data"]
    assert (task["sku"], task["reason"]) == (sku(1), "unrecorded")

    moved(store, 1, "received", 5, occurred_at="2026-03-02T09:30:00Z")
    assert on_hand(store, 1) == 3
    assert check_now(services.database) == ()

    shelf = {"code": "tablet", "kind": "physical"}
    assert store.put("/v1/stock/sources/tablet", shelf).status_code == 200
    for as_of, state in (("2026-03-02T11:00:00Z", "open"), (now().isoformat(), "done")):
        counted = {"source": "tablet", "counts": [row(1, 3, as_of)]}
        assert store.post("/v1/stock/counts", counted).status_code == 200
        (task,) = store.get("/v1/count-tasks").json()["data"]
        assert task["state"] == state, "a count from before answers nothing"
    (task,) = store.get("/v1/count-tasks").json()["data"]
    assert (task["state"], task["outcome"]) == ("done", "counted")


def test_a_dear_write_off_waits_for_somebody_else(store: Api, other: Api) -> None:
    """Twenty euros each, five hundred without a word: ten pass, and thirty do not."""
    assert moved(store, 2, "written_off", 5, reason="moths").json()["booked"] == 1
    store.put("/v1/stock/sources/till", {"code": "till", "write_off_cents_max": 5_000})
    told = {"id": "dear", "reason": "moths"}
    adjusted = moved(store, 2, "adjusted", -4, id="by-another-name", reason="moths").json()
    assert (adjusted["booked"], adjusted["waiting"]) == (0, 1)
    assert other.post(f"/v1/feeds/{adjusted['held']}/rejection", {}).status_code == 201
    assert moved(store, 2, "adjusted", -1, id="a-little").json()["booked"] == 1
    assert moved(store, 2, "adjusted", 1, id="found").json()["booked"] == 1
    held = moved(store, 2, "written_off", 4, **told).json()
    assert (held["booked"], held["waiting"]) == (0, 1)
    assert moved(store, 2, "written_off", 4, **told).json() == held | {"held": None}
    assert on_hand(store, 2) == 5
    shown = other.post(f"/v1/feeds/{held['held']}/acceptance", {}).json()
    assert (shown["state"], shown["value_cents"]) == ("applied", 8_000)
    assert on_hand(store, 2) == 1


def test_somebody_may_be_sent_to_count_and_called_back(store: Api) -> None:
    level = {"location": MI, "sku": sku(3)}
    assert store.post("/v1/count-tasks", {"levels": [level]}).json() == {"opened": 1, "known": 0}
    assert store.post("/v1/count-tasks", {"levels": [level]}).json() == {"opened": 0, "known": 1}

    def told(state: str) -> list[str | None]:
        tasks = store.get(f"/v1/count-tasks?state={state}").json()["data"]
        return [each["assigned_to"] for each in tasks if each["sku"] == sku(3)]

    assert (told("open"), told("assigned")) == ([None], [])
    for who, expected in (("Anna", ([], ["Anna"])), ("Ben", ([], ["Ben"])), (None, ([None], []))):
        given = store.post("/v1/count-tasks/assignments", level | {"assignee": who})
        assert (given.status_code, given.json()["assigned_to"]) == (201, who)
        assert (told("open"), told("assigned")) == expected
    assert store.post("/v1/count-tasks/dismissals", level).status_code == 201
    named = level | {"assignee": "Anna"}
    assert store.post("/v1/count-tasks/assignments", named).status_code == 404
    assert told("done") == [None]
    assert store.post("/v1/count-tasks/dismissals", level).status_code == 404


def test_what_a_source_is_stays_until_it_is_said_anew(store: Api) -> None:
    body = {"code": "wms", "posting_delay_s": 300, "clock_offset_ms": 1500}
    first = store.put("/v1/stock/sources/wms", body, headers={"If-Match": '"0"'})
    assert (first.status_code, first.json()["version"]) == (200, 1)
    assert store.put("/v1/stock/sources/wms", body).json()["version"] == 1
    stale = store.put("/v1/stock/sources/wms", body, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    odd = {"code": "wms", "reports": "available", "picked_inside": False}
    assert store.put("/v1/stock/sources/wms", odd).status_code == 422
    listed = store.get("/v1/stock/sources").json()["data"]
    assert [each["code"] for each in listed] == ["wms"]


def test_the_journal_of_an_item_is_read_page_by_page_and_nothing_twice(store: Api) -> None:
    moved(store, 7, "sold_in_store", 2, reason="till 3")
    moved(store, 7, "received", 5, occurred_at="2026-03-02T10:30:00Z")
    tell(store, {7: 12}, "2026-03-02T11:00:00Z")
    told: list[Any] = []
    asked: dict[str, Any] = {"sku": sku(7), "limit": 2}
    while True:
        page = store.get("/v1/stock/journal", params=asked).json()
        told += page["data"]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert [(each["kind"], each["units"], each["at"]) for each in told] == [
        ("counted", 12, "2026-03-02T11:00:00Z"),
        ("received", 5, "2026-03-02T10:30:00Z"),
        ("sold_in_store", -2, TEN),
        ("counted", 10, NINE),
    ]
    assert (told[2]["location"], told[2]["source"], told[2]["reason"]) == (MI, "till", "till 3")
    for wrong, status in (
        ({"sku": "NOTHING"}, 404),
        ({"sku": sku(7), "location": "NOWHERE"}, 404),
        ({"sku": sku(7), "cursor": write_cursor("yesterday")}, 400),
        ({"sku": sku(7), "cursor": write_cursor("1999-01-01T00:00:00+00:00")}, 400),
    ):
        assert store.get("/v1/stock/journal", params=wrong).status_code == status, wrong


def test_rules_of_protection_are_found_by_what_they_are_about(store: Api) -> None:
    rules: dict[str, dict[str, Any]] = {
        "keep-one": {"kind": "buffer", "units": 1, "sku": sku(1)},
        "keep-two": {"kind": "buffer", "units": 2, "location": MI},
        "no-coats": {"kind": "stop", "product": "COAT"},
    }
    for code, rule in rules.items():
        assert store.post("/v1/stock/protections", {"code": code, **rule}).status_code == 201

    def found(**asked: Any) -> list[str]:
        page = store.get("/v1/stock/protections", params=asked).json()
        return [each["code"] for each in page["data"]]

    assert found(q="KEEP") == ["keep-one", "keep-two"]
    assert found(q="coat-01") == ["keep-one"]
    assert found(q="mi-0") == ["keep-two"]
    assert found(q="coat", kind="stop") == ["no-coats"]
    assert found(q="scarf") == []
    assert found(limit=1, q="keep") == ["keep-one"]
