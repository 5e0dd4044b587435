"""Lines of JSON, any number of them: counts and movements, streamed, answered as a whole."""

import asyncio
import gzip
import json
import tracemalloc
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.types import Message
from tests.api.conftest import Api, NewKey, key_maker
from tests.factories import TESTER

from ovunque import worker
from ovunque.api import stock_lines
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.api.routes import HOT, ROUTERS
from ovunque.app import answer_in_loop, furnish
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.receiving import (
    Upload,
    file_of,
    folder_in,
    import_now,
    list_runs,
    receive,
)
from ovunque.integrations.files.runs import ImportRequest, State, Step, Tools
from ovunque.orders.checking import check_now
from ovunque.platform import clock, jobs
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.jobs import Work
from ovunque.platform.settings import Settings
from ovunque.stock import rules
from ovunque.stock.reading import list_levels_of

NDJSON = {"Content-Type": "application/x-ndjson"}
COUNTS, MOVEMENTS = "/v1/stock/counts?source=wms", "/v1/stock/movements?source=till"
MI, COAT, NINE, TEN = "MILANO-01", "COAT-NAVY-M", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"
KB, MB = 1 << 10, 1 << 20


@pytest.fixture
def services(database: Database, tmp_path: Path) -> Iterator[Services]:
    settings = Settings(home=tmp_path / "home", key_units_per_second=0)
    with furnish(settings, database, answer_in_loop) as furnished:
        yield furnished


@pytest.fixture
def new_key(services: Services) -> NewKey:
    return key_maker(services)


@pytest.fixture
def api(services: Services, new_key: NewKey, tmp_path: Path) -> Iterator[Api]:
    """With the templates of all that counts build on."""
    for kind in ("legal-entities", "locations", "items"):
        bring(services, tmp_path, kind, KINDS[kind].template)
    assert wait_until(lambda: MI in services.snapshot().network.by_code, seconds=20)
    assert wait_until(lambda: COAT in services.snapshot().catalog.items, seconds=20)
    asking = Api(create_api(services, ROUTERS, HOT), new_key())
    yield asking
    asking.close()


def bring(services: Services, folder: Path, kind: str, content: str) -> None:
    path = folder / kind
    path.write_text(content)
    tools = Tools(clock=clock.now, new_id=services.new_id)
    request = ImportRequest(kind=KINDS[kind], path=path)
    assert import_file(services.database, TESTER, request, tools).run.state == State.DONE


def count(on_hand: Any = 4, at: str = MI, as_of: str = NINE, sku: str = COAT) -> dict[str, Any]:
    return {"location": at, "sku": sku, "on_hand": on_hand, "as_of": as_of}


def moved(id_: str, kind: str = "received", quantity: int = 1, **more: Any) -> dict[str, Any]:
    told = {"location": MI, "sku": COAT, "kind": kind, "quantity": quantity, "occurred_at": TEN}
    return {"id": id_, **told, **more}


def lines(rows: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def send(api: Api, address: str, body: Any) -> httpx.Response:
    return api.post(address, content=body, headers=NDJSON)


def on_hand(services: Services) -> int:
    at = services.snapshot().network.by_code[MI].id
    levels = services.database.read(lambda tx: list_levels_of(tx, [COAT]))
    return next(each.on_hand for each in levels if each.key.location_id == at)


def work(services: Services) -> int:
    known = worker.known_jobs(services.settings, services.snapshot())
    return jobs.run_due(services.database, Work(runners=known, jitter=lambda: 0.5), clock.now())


def kept(services: Services) -> list[str]:
    return [path.name for path in folder_in(services.settings.home).iterdir()]


def test_lines_are_taken_once_packed_or_not(api: Api, services: Services) -> None:
    rows = [count(4), count(2, "BOLOGNA-DC")]
    told = send(api, COUNTS, lines(rows))
    assert told.status_code == 200, told.text
    body = told.json()
    run = body.pop("import")
    assert body == {"changed": 2, "unchanged": 0, "held": None}
    assert (run["state"], run["rows"], run["bad"], run["done"]) == ("done", 2, 0, 2)
    again = send(api, COUNTS, gzip.compress(lines([*rows, {}])[:-3]))
    assert (again.json()["changed"], again.json()["unchanged"]) == (0, 2)
    assert send(api, COUNTS, lines([count(9, as_of="2026-03-01T09:00:00Z")])).json()["changed"] == 0
    assert kept(services) == [], "nothing is left of what was taken"
    assert api.get(f"/v1/imports/{run['id']}").json()["kind"] == "stock"


def test_every_bad_line_is_named_and_the_good_ones_may_be_taken(
    api: Api, services: Services
) -> None:
    body = lines([count(), count(-1, "BOLOGNA-DC")]) + b"{\n" + lines([count(1, "NOWHERE")])
    refused = send(api, COUNTS, body)
    assert refused.status_code == 422
    found = [(each["pointer"], each["code"]) for each in refused.json()["errors"]]
    assert found == [
        ("/2/on_hand", "out_of_bounds"),
        ("/3", "malformed_json"),
        ("/4/location", "unknown_reference"),
    ]
    named = refused.json()["detail"].split("each of them: ")[1].rstrip(".")
    assert api.get(named).text.count("\n") == 4
    assert services.database.read(lambda tx: list_levels_of(tx, [COAT])) == ()
    taken = send(api, f"{COUNTS}&apply_good=true", body).json()
    assert (taken["changed"], taken["import"]["bad"]) == (1, 3)


def test_a_thousand_bad_lines_are_told_in_a_few_words(api: Api) -> None:
    refused = send(api, COUNTS, lines(count(1, f"NOWHERE-{nth}") for nth in range(1_000)))
    assert refused.status_code == 422
    assert len(refused.json()["errors"]) == 10
    assert "1000 bad rows" in refused.json()["detail"]
    assert len(refused.content) < 4 * KB


@pytest.mark.parametrize(
    ("address", "pointer"),
    [
        ("/v1/stock/counts", "query:source"),
        ("/v1/stock/counts?source=%20", "query:source"),
        ("/v1/stock/counts?source=wms&apply_good=yes", "query:apply_good"),
        ("/v1/stock/counts?source=wms&complete=1", "query:complete"),
        ("/v1/stock/movements?source=wms&complete=true", "query:complete"),
        ("/v1/stock/movements?source=wms&dry_run=true", "query:dry_run"),
    ],
)
def test_an_address_that_says_too_little_or_too_much_is_refused(
    api: Api, services: Services, address: str, pointer: str
) -> None:
    refused = send(api, address, lines([count()]))
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert kept(services) == []


@pytest.mark.parametrize("body", [b"", b"\n\n", b"\x1f\x8b", b"[]", b"location,sku\n"])
def test_what_is_no_line_is_refused_and_not_kept(api: Api, services: Services, body: bytes) -> None:
    assert send(api, COUNTS, body).status_code == 422
    assert kept(services) == []


def test_many_lines_are_left_to_the_worker(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_lines, "LINES_AT_ONCE_MAX", 1)
    body = lines([count(4), count(2, "BOLOGNA-DC")])
    first, second = (send(api, COUNTS, body) for _ in range(2))
    assert first.status_code == 202
    assert first.json() == second.json(), "it waits already"
    run = first.json()["import"]
    assert (run["state"], run["done"]) == ("checking", 0)
    assert work(services) == 1
    shown = api.get(f"/v1/imports/{run['id']}").json()
    assert (shown["state"], shown["done"], shown["changed"]) == ("done", 2, 2)


def test_a_feed_of_lines_that_changes_too_much_waits_for_a_person(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(api, COUNTS, lines([count(40)]))
    monkeypatch.setattr(rules, "SUSPICIOUS_LEVELS_MIN", 1)
    held = send(api, COUNTS, lines([count(0, as_of=TEN)]))
    assert held.status_code == 202
    feed = held.json()["held"]
    assert api.get(f"/v1/feeds/{feed}").json()["state"] == "held"
    whole = f"{COUNTS}&complete=true"
    assert send(api, whole, lines([count(40, as_of=TEN)])).status_code == 200


def test_a_connection_that_is_cut_leaves_nothing(api: Api, services: Services) -> None:
    """And the same lines sent again are taken as if nothing had been."""
    body = lines([count(4), count(2, "BOLOGNA-DC")])
    parts: list[Message] = [
        {"type": "http.request", "body": body[:40], "more_body": True},
        {"type": "http.disconnect"},
    ]
    path, _, query = COUNTS.partition("?")
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (b"authorization", f"Bearer {api.token}".encode()),
            (b"content-type", NDJSON["Content-Type"].encode()),
            (b"transfer-encoding", b"chunked"),
        ],
    }

    async def receive() -> Message:
        return parts.pop(0)

    async def answered(message: Message) -> None:
        raise AssertionError(f"nobody is there to hear {message}")

    asyncio.run(api.app(scope, receive, answered))
    assert parts == []
    assert kept(services) == []
    assert services.database.read(lambda tx: list_levels_of(tx, [COAT])) == ()
    assert send(api, COUNTS, body).json()["changed"] == 2


class Killed(Exception):  # noqa: N818 - what kills is not ours
    """The process ends here."""


def test_lines_cut_off_while_they_are_applied_go_on_when_they_are_sent_again(
    api: Api, services: Services
) -> None:
    rows = [moved(f"m-{nth}") for nth in range(2_500)]
    upload = Upload(
        run_id=services.new_id(), kind=KINDS["movements"], source="till", apply_good=False
    )
    folder = folder_in(services.settings.home)
    file_of(folder, upload.run_id).write_bytes(lines(rows))

    def tell(step: Step) -> None:
        if step.stage == "applying":
            raise Killed

    tools = Tools(clock=clock.now, new_id=services.new_id, tell=tell)
    with pytest.raises(Killed):
        import_now(services.database, TESTER, folder, upload, tools)
    applied = on_hand(services)
    assert 1_000 <= applied < 2_500
    told = send(api, MOVEMENTS, lines(rows)).json()
    assert told["import"]["done"] == 2_500
    assert told["booked"] == 2_500, "those of before are counted too"
    assert on_hand(services) == 2_500
    assert check_now(services.database) == ()


def test_a_run_that_begins_has_somebody_who_works_on_it(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between the two: there is neither, and no file."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    folder = folder_in(services.settings.home)
    upload = Upload(run_id=services.new_id(), kind=KINDS["stock"], source="wms", apply_good=False)
    file_of(folder, upload.run_id).write_bytes(lines([count(4), count(2, "BOLOGNA-DC")]))
    with monkeypatch.context() as cut:
        cut.setattr(jobs, "enqueue", die)
        with pytest.raises(Killed):
            receive(services.database, TESTER, folder, upload, clock.now())
    assert services.database.read(lambda tx: list_runs(tx, ["stock"])) == ()
    assert kept(services) == []

    monkeypatch.setattr(stock_lines, "LINES_AT_ONCE_MAX", 1)
    run = send(api, COUNTS, lines([count(4), count(2, "BOLOGNA-DC")])).json()["import"]
    assert work(services) == 1
    assert api.get(f"/v1/imports/{run['id']}").json()["state"] == "done"


def test_movements_come_as_lines_too(api: Api, services: Services) -> None:
    rows = [moved("m-1", quantity=5, sequence=1), moved("m-2", "sold_in_store", 2)]
    told = send(api, MOVEMENTS, lines(rows))
    assert (told.status_code, told.json()["booked"], told.json()["known"]) == (200, 2, 0)
    assert on_hand(services) == 3
    again = send(api, MOVEMENTS, lines([*rows, moved("m-3", "adjusted", -1)]))
    assert (again.json()["booked"], again.json()["known"]) == (1, 2)
    body = {"source": "till", "movements": [moved("m-3", "adjusted", -1), moved("m-4")]}
    plain = api.post("/v1/stock/movements", body, headers={"Idempotency-Key": "plain"})
    assert (plain.status_code, plain.json()["booked"], plain.json()["known"]) == (201, 1, 1)
    assert on_hand(services) == 3


def test_a_body_of_json_is_no_larger_for_the_lines_beside_it(api: Api) -> None:
    body = {"source": "till", "movements": [moved("m-1", reason="x" * 100)], "more": "x" * 2 * MB}
    large = api.post("/v1/stock/movements", body, headers={"Idempotency-Key": "large"})
    assert large.status_code == 413
    other = api.post("/v1/stock/movements", content=b"x", headers={"Content-Type": "text/csv"})
    assert other.status_code == 415
    assert "application/x-ndjson" in other.text


def test_a_key_that_moves_too_much_by_lines_is_held(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch, new_key: NewKey
) -> None:
    """Whether they are taken at once or by the worker."""
    settings = services.settings
    most = settings.key_stock_units
    send(api, COUNTS, lines([count(4), count(2, "BOLOGNA-DC")]))
    held = send(api, COUNTS, lines([count(4 + most + 1, as_of=TEN)]))
    assert (held.status_code, held.json()["code"]) == (403, "key_held")
    assert on_hand(services) == 4
    api.token = new_key("stock", "read")
    monkeypatch.setattr(stock_lines, "LINES_AT_ONCE_MAX", 0)
    run = send(api, COUNTS, lines([count(5 + most + 1, as_of=TEN)])).json()["import"]
    before = REGISTRY.get_sample_value("ovunque_keys_held_total") or 0
    assert work(services) == 1
    after = REGISTRY.get_sample_value("ovunque_keys_held_total")
    assert after == before + 1, "whoever watches hears of it from the worker, too"
    shown = api.get(f"/v1/imports/{run['id']}").json()
    assert (shown["state"], shown["done"]) == ("failed", 0)
    assert "moved more stock than is usual" in shown["reason"]
    services.database.read(services.keys.load)
    refused = send(api, MOVEMENTS, lines([moved("m-1")]))
    assert refused.json()["code"] == "key_held", "nothing else is written either"
    api.token = new_key("stock", "read")
    monkeypatch.setattr(stock_lines, "LINES_AT_ONCE_MAX", 10)
    far = send(api, MOVEMENTS, lines([moved("m-1", quantity=most + 1)]))
    assert far.json()["code"] == "key_held"


ITEMS, PLACES = 1_500, 200


def test_three_hundred_thousand_lines_take_no_more_memory_than_a_few(
    api: Api, services: Services, tmp_path: Path
) -> None:
    """They come in chunks; what holds the process are a portion of rows and 28 bytes of each."""
    places = [f"P{nth:03}" for nth in range(PLACES)]
    skus = [f"SKU-{nth:04}" for nth in range(ITEMS)]
    bring_copies(services, tmp_path, "locations", places)
    bring_copies(services, tmp_path, "items", skus)
    assert wait_until(lambda: skus[-1] in services.snapshot().catalog.items, seconds=30)
    rows = ITEMS * PLACES

    async def chunks() -> AsyncIterator[bytes]:
        for sku in skus:
            yield lines(count(3, at, sku=sku) for at in places)

    size = rows * len(lines([count(3, places[0], sku=skus[0])]))
    assert size > 24 * MB
    tracemalloc.start()
    try:
        told = send(api, COUNTS, chunks())
        _, while_sent = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told.status_code == 202, told.text
    assert while_sent < 4 * MB, "no more than a block at a time is kept in memory"
    before = resident(reset=True)
    assert work(services) == 1
    grown = resident() - before
    print(
        f"{rows} lines, {size / MB:.0f} MB: {while_sent / KB:.0f} kB while they came, "
        f"{grown / MB:.0f} MB to apply"
    )
    assert grown < 96 * MB
    shown = api.get(f"/v1/imports/{told.json()['import']['id']}").json()
    assert (shown["state"], shown["done"], shown["changed"]) == ("done", rows, rows)


def bring_copies(services: Services, folder: Path, kind: str, codes: list[str]) -> None:
    """As many of the first in the template of a kind as there are codes."""
    head, first, *_ = KINDS[kind].template.splitlines()
    rest = first.partition(",")[2].replace("4006381333931", "")
    bring(services, folder, kind, "\n".join([head, *(f"{code},{rest}" for code in codes)]))


def resident(*, reset: bool = False) -> int:
    """The most memory that this process has held, from now on if that is asked."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * KB
