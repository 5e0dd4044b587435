"""The edge: what every request meets before and after its route."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from tests.api.conftest import Api, NewKey
from tests.loops import run

from ovunque.access.model import Actor, Scope
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.api.health import Finding, disk_space
from ovunque.api.metrics import measured
from ovunque.api.openapi import HotRoute
from ovunque.api.routes import HOT, ROUTERS
from ovunque.platform import jobs
from ovunque.platform.idempotency import Key, try_lock_key
from ovunque.platform.invariants import Violation, save_check
from ovunque.platform.settings import Settings

KEY = {"client": "web shop", "scopes": ["read"]}
JSON = {"Content-Type": "application/json"}


def code_of(answer: httpx.Response) -> str:
    """The code of a problem document, which has all its members."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["type"] == f"/docs/refusals#{told['code']}"
    assert {"title", "detail", "errors"} <= told.keys()
    return str(told["code"])


async def fall_over(request: Request, by: Actor) -> Response:
    raise RuntimeError(f"secret of {by.name}")


FALLING = HotRoute(
    method="GET",
    path="/v1/fall",
    endpoint=fall_over,
    scope=Scope.READ,
    tag="tests",
    summary="Falls over",
)


@pytest.fixture
def falling(services: Services, new_key: NewKey) -> Iterator[Api]:
    asking = Api(create_api(services, ROUTERS, (*HOT, FALLING)), new_key())
    yield asking
    asking.close()


def test_who_is_nobody_learns_nothing_else(api: Api, new_key: NewKey) -> None:
    missing = api.get("/v1/keys", headers={"Authorization": ""})
    wrong = api.get("/v1/keys", headers={"Authorization": "Bearer ovq_" + "a" * 43})
    other = api.get("/v1/keys", headers={"Authorization": f"Basic {api.token}"})
    assert missing.content == wrong.content == other.content
    assert code_of(missing) == "unauthenticated"
    assert missing.headers["WWW-Authenticate"].startswith("Bearer")
    unread = api.post("/v1/keys", content=b"{not json", headers=JSON | {"Authorization": "x"})
    assert code_of(unread) == "unauthenticated", "nobody's body is not even read"


def test_a_scope_opens_its_own_doors_only(api: Api, new_key: NewKey) -> None:
    api.token = new_key(Scope.READ)
    assert api.get("/v1/items").status_code == 200
    refused = api.get("/v1/keys")
    assert (refused.status_code, code_of(refused)) == (403, "forbidden")


def test_a_key_given_over_the_api_works_until_it_is_revoked(api: Api) -> None:
    made = api.post("/v1/keys", KEY).json()
    old, api.token = api.token, made["key"]
    assert api.get("/v1/items").status_code == 200
    api.token = old
    assert api.post(f"/v1/keys/{made['id']}/revocations").json()["revoked_at"] is not None
    api.token = made["key"]
    assert code_of(api.get("/v1/items")) == "unauthenticated"


def test_a_replayed_answer_does_not_show_the_secret_again(api: Api) -> None:
    once = {"Idempotency-Key": "k1"}
    made, replayed = (api.post("/v1/keys", KEY, headers=once) for _ in range(2))
    assert made.json()["key"].startswith("ovq_")
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert replayed.json() == made.json() | {"key": None}
    assert len(api.get("/v1/keys").json()["data"]) == 2


def test_refusals_are_answers_and_are_replayed(api: Api) -> None:
    once = {"Idempotency-Key": "k2"}
    past = KEY | {"expires_at": "2020-01-01T00:00:00Z"}
    refused, replayed = (api.post("/v1/keys", past, headers=once) for _ in range(2))
    assert (refused.status_code, code_of(refused)) == (422, "invalid")
    assert replayed.content == refused.content
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert code_of(api.post("/v1/keys", KEY, headers=once)) == "idempotency_key_reused"


def test_keys_of_one_client_are_not_those_of_another(api: Api, new_key: NewKey) -> None:
    once = {"Idempotency-Key": "k3"}
    first = api.post("/v1/keys", KEY, headers=once)
    api.token = new_key(Scope.CONFIG, Scope.READ)
    second = api.post("/v1/keys", KEY, headers=once)
    assert "Idempotent-Replayed" not in second.headers
    assert second.json()["id"] != first.json()["id"]


def test_a_key_in_flight_says_when_to_come_again(api: Api, services: Services) -> None:
    """Somebody else holds the lock of the key: the second request does not wait for it."""
    caller = services.keys.find(api.token or "")
    assert caller is not None
    key = Key(caller.client_id, "k4", "")
    with services.database.connect() as other, other.transaction():
        assert try_lock_key(other, key)
        busy = api.post("/v1/keys", KEY, headers={"Idempotency-Key": "k4"})
    assert (busy.status_code, code_of(busy)) == (409, "idempotency_in_flight")
    assert busy.headers["Retry-After"] == "1"
    assert api.post("/v1/keys", KEY, headers={"Idempotency-Key": "k4"}).status_code == 201


@pytest.mark.parametrize("name", ["", "ü", "x" * 256, "tab\there"])
def test_a_key_that_cannot_be_stored_is_refused(api: Api, name: str) -> None:
    headers = {"Idempotency-Key": name.encode()}
    refused = api.send("POST", "/v1/keys", json=KEY, headers=headers)
    assert code_of(refused) == "idempotency_key_missing"


def test_a_body_is_bounded_while_it_is_read(services: Services, new_key: NewKey) -> None:
    settings = Settings(body_bytes_max=2_000)
    asking = Api(create_api(replace(services, settings=settings), ROUTERS), new_key())
    sent = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 1_000
            yield b" " * 1_000

    declared = asking.post("/v1/keys", content=b" " * 2_001, headers=JSON)
    streamed = asking.post("/v1/keys", content=stream(), headers=JSON)
    asking.close()
    assert [each.status_code for each in (declared, streamed)] == [413, 413]
    assert code_of(streamed) == "body_too_large"
    assert sent <= 4_000
    assert streamed.headers["Connection"] == "close", "the rest is no request"


def test_a_body_has_to_arrive_in_time(services: Services, new_key: NewKey) -> None:
    settings = Settings(receipt_seconds_max=0.05)
    app = create_api(replace(services, settings=settings), ROUTERS)
    told: list[Message] = []

    async def drip() -> Message:
        await asyncio.get_running_loop().create_future()  # Nothing more comes.
        raise AssertionError

    async def take(message: Message) -> None:
        told.append(message)

    headers = [
        (b"authorization", f"Bearer {new_key()}".encode()),
        (b"content-type", b"application/json"),
        (b"content-length", b"100"),
    ]
    run(app(scope_of("POST", "/v1/keys", headers), drip, take))
    assert told[0]["status"] == 408
    assert (b"connection", b"close") in told[0]["headers"]


def scope_of(method: str, path: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "server": ("ovunque.test", 80),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": ""},
        JSON | {"Content-Encoding": "gzip"},
    ],
)
def test_a_body_of_another_kind_is_not_read(api: Api, headers: dict[str, str]) -> None:
    refused = api.post("/v1/keys", content=json.dumps(KEY), headers=headers)
    assert (refused.status_code, code_of(refused)) == (415, "unsupported_media_type")


def test_a_charset_beside_the_content_type_is_fine(api: Api) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert api.post("/v1/keys", content=json.dumps(KEY), headers=headers).status_code == 201


def test_what_falls_over_tells_its_incident_and_nothing_else(falling: Api) -> None:
    with capture_logs() as lines:
        answer = falling.get("/v1/fall")
    assert (answer.status_code, code_of(answer)) == (500, "incident")
    assert "secret" not in answer.text
    (incident,) = [line for line in lines if line["event"] == "http.incident"]
    assert incident["incident"] in answer.json()["detail"]
    assert "secret of client" in str(incident["exc_info"])


def test_methods_and_addresses_that_are_not_there(api: Api) -> None:
    assert code_of(api.get("/nowhere")) == "not_found"
    assert code_of(api.get("/v1/keys/")) == "not_found", "no redirects"
    wrong = api.send("DELETE", "/v1/keys")
    assert (wrong.status_code, code_of(wrong)) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    asked = api.send("OPTIONS", "/v1/keys")
    assert (asked.status_code, asked.headers["Allow"]) == (204, wrong.headers["Allow"])
    assert code_of(api.send("OPTIONS", "/nowhere")) == "not_found"
    head, got = api.send("HEAD", "/v1/keys"), api.get("/v1/keys")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


@pytest.mark.parametrize("query", ["a=%00", "cursor=%1f", "q=%7F", "limit=1%0b"])
def test_control_characters_have_no_place_in_a_query(api: Api, query: str) -> None:
    assert code_of(api.get(f"/v1/items?{query}")) == "invalid"


def test_a_mistyped_parameter_is_told(api: Api) -> None:
    refused = api.get("/v1/keys", params={"limt": "5"})
    assert refused.json()["errors"][0] == {
        "pointer": "query:limt",
        "code": "unknown_field",
        "detail": "There is no such parameter here.",
    }


def test_every_answer_says_how_it_may_be_used(api: Api) -> None:
    for answer in (api.get("/v1/keys"), api.get("/nowhere"), api.get("/livez")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
        assert not any("access-control" in each for each in answer.headers)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_request_leaves_one_line_and_its_trace(api: Api) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    parent = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    with capture_logs(processors=[merge_contextvars]) as lines:
        answer = api.get("/v1/keys", headers=parent)
    assert answer.headers["X-Request-Id"] == trace
    (line,) = lines
    assert line["ms"] > 0
    assert {key: line[key] for key in ("event", "route", "status", "actor", "trace")} == {
        "event": "http.request",
        "route": "/v1/keys",
        "status": 200,
        "actor": "client of all",
        "trace": trace,
    }
    forged = api.get("/livez", headers={"traceparent": '00-forged"-x-01'})
    assert re.fullmatch("[0-9a-f]{32}", forged.headers["X-Request-Id"])


def test_figures_know_routes_not_addresses(api: Api) -> None:
    for path in ("/v1/items/a", "/v1/items/b", "/x1", "/x2"):
        api.get(path)
    api.send("PROPFIND", "/x1")
    text = api.get("/metrics").text
    routes = set(re.findall('ovunque_http_requests_total{[^}]*route="([^"]*)"', text))
    assert {"/v1/items/{sku}", "elsewhere"} <= routes
    assert not {"/v1/items/a", "/x1"} & routes
    assert 'method="OTHER"' in text


def test_figures_tell_what_waits_and_since_when(api: Api, services: Services) -> None:
    """A job that nobody runs, one that was given up, and a reader that has not begun to read."""
    due = services.clock() - timedelta(minutes=2)
    with services.database.connect() as tx:
        jobs.enqueue(tx, key="late", kind="label.buy", due_at=due, body={})
        jobs.enqueue(tx, key="lost", kind="label.void", due_at=due, body={})
        tx.execute("update job set state = 'parked', reason = 'no' where key = 'lost'")
        tx.execute("insert into journal_cursor values ('shop', 1, '0', 0)")
        tx.execute("insert into stock_source (code, heard_at) values ('till', %s)", [due])
        broken = Violation(invariant="nothing is lost", count=3, examples=())
        save_check(tx, [broken], due - timedelta(hours=1))  # As a worker on another machine does.
    told = dict(line.rsplit(" ", 1) for line in api.get("/metrics").text.splitlines())
    assert told["ovunque_database_up"] == "1"
    assert told['ovunque_jobs_waiting{of="label.buy"}'] == "1"
    assert told['ovunque_jobs_parked{of="label.void"}'] == "1"
    assert float(told['ovunque_jobs_waiting_overdue_seconds{of="label.buy"}']) >= 120
    assert int(told['ovunque_journal_behind{of="shop"}']) > 0
    assert told["ovunque_invariants_broken"] == "1"
    assert float(told["ovunque_invariants_broken_overdue_seconds"]) >= 120
    assert told['ovunque_feeds_missing{of="till"}'] == "0"
    assert float(told['ovunque_feeds_missing_overdue_seconds{of="till"}']) >= 120
    assert told["ovunque_offers_open"] == told["ovunque_shortages"] == "0"
    assert "ovunque_intake_queue" in told
    assert "ovunque_database_standby_waiters" in told


def test_figures_are_told_without_a_database(services: Services) -> None:
    with psycopg.connect(services.database.url, autocommit=True) as owner:
        owner.execute("alter view watched rename to hidden")
    assert measured(services.database, services.clock()) == "ovunque_database_up 0\n"


def test_ready_means_that_it_can_write(api: Api, services: Services, database_url: str) -> None:
    assert api.get("/livez").status_code == 200
    ready = api.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)

    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("update migration set checksum = '' where name like '0003%'")
        lacking = api.get("/readyz")
        owner.execute("revoke update on heartbeat from ovunque_system")
        unwritable = api.get("/readyz")
    assert lacking.status_code == unwritable.status_code == 503
    assert "0003_network.sql" in lacking.json()["checks"][0]["detail"]
    assert unwritable.json()["checks"][0]["detail"] == "cannot be written"
    assert api.get("/livez").status_code == 200


def test_a_database_that_hangs_is_told_in_time(api: Api, services: Services) -> None:
    services.health.write_seconds_max = 0.3
    with services.database.connect() as other, other.transaction():
        other.execute("update heartbeat set at = '2026-01-01'")
        hanging = api.get("/readyz")
    assert hanging.status_code == 503
    assert hanging.json()["checks"][0]["detail"] == "no write within 300 ms"


def test_what_closes_or_lags_is_not_ready(api: Api, services: Services) -> None:
    services.health.checks.append(lambda: Finding("snapshot", ok=False, detail="9 s behind"))
    assert api.get("/readyz").status_code == 503
    services.health.checks.pop()
    assert api.get("/readyz").status_code == 200
    services.health.closing = True
    assert api.get("/readyz").json()["checks"][0]["detail"] == "shutting down"
    assert api.get("/livez").status_code == 200


def test_a_full_disk_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is not there yet is measured where it will be."""
    gigabyte = 1024**3
    for total, free, ok in ((100, 11, True), (100, 4, False), (1_000, 6, True), (10, 2, True)):
        usage = (total * gigabyte, (total - free) * gigabyte, free * gigabyte)
        monkeypatch.setattr(shutil, "disk_usage", lambda _, usage=usage: usage)
        assert disk_space(tmp_path / "not" / "yet").ok is ok
