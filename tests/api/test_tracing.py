"""An order's trace: from the request through its batch and the journal to a webhook's receiver."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.api.conftest import Api, key_maker
from tests.posts import Post
from tests.receivers import receiving
from tests.shops import open_shop
from tests.worlds import CHANNEL

from ovunque.api.application import create_api
from ovunque.api.routes import HOT, ROUTERS
from ovunque.app import answer_in_loop, furnish
from ovunque.kernel.ids import NewId, parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal, tracing
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
STOCK = {("L000", "COAT"): 9}
ORDER = {
    "channel": CHANNEL,
    "customer": {"name": "Anna", "email": "anna@example.com"},
    "lines": [
        {"sku": "COAT", "quantity": 1, "unit_price": {"amount": 4990, "currency": "EUR"}},
    ],
    "delivery": {
        "service": "home",
        "address": {
            "street": "Via Torino 1",
            "postal_code": "20123",
            "city": "Milano",
            "country": "IT",
        },
    },
}


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    told = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(told))
    tracing.use(provider)
    yield told
    tracing.stop()


@pytest.fixture
def post(database: Database, new_id: NewId) -> Iterator[Post]:
    with open_shop(database, new_id, STOCK, locations=1) as opened:
        yield Post(opened)


@pytest.fixture
def api(post: Post) -> Iterator[Api]:
    with furnish(Settings(), post.database, answer_in_loop) as services:
        asking = Api(create_api(services, ROUTERS, HOT), key_maker(services)())
        yield asking
        asking.close()


def buy(api: Api, key: str, **headers: str) -> Any:
    answer = api.post("/v1/orders", ORDER, headers={"Idempotency-Key": key, **headers})
    assert answer.status_code == 201, answer.text
    return answer


def named(told: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [each for each in told.get_finished_spans() if each.name == name]


def place(span: ReadableSpan) -> str:
    context = span.context
    assert context is not None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def linked(span: ReadableSpan) -> list[int]:
    return [each.context.span_id for each in span.links]


def test_a_trace_leads_from_a_request_to_a_receiver(
    post: Post, api: Api, spans: InMemorySpanExporter
) -> None:
    with receiving() as receiver:
        post.register(receiver.url, "order.placed")
        post.announce()
        answer = buy(api, "one", traceparent=f"00-{TRACE}-{CALLER}-01")
        assert post.announce() > 0
        post.deliver()

    (request,) = named(spans, "POST /v1/orders")
    assert answer.headers["x-request-id"] == TRACE == f"{request.context.trace_id:032x}"
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == CALLER
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == 201
    (batch,) = named(spans, "intake.batch")
    assert linked(batch) == [request.context.span_id]  # A batch is of many requests: no parent.
    assert batch.parent is None
    (story,) = {
        entry.body.get("trace")
        for entry in post.database.read(journal_of(answer.json()["id"]))
        if entry.kind == "order.placed"
    }
    assert story == place(batch)
    (sent,) = named(spans, "webhook.deliver")
    assert linked(sent) == [batch.context.span_id]
    (taken,) = receiver.taken
    assert taken.headers["traceparent"] == place(sent)


def journal_of(order_id: str) -> Any:
    return lambda tx: journal.list_of_order(tx, parse_public_id("ord", order_id))


def test_who_calls_without_a_trace_begins_one(api: Api, spans: InMemorySpanExporter) -> None:
    answer = buy(api, "one")
    (request,) = named(spans, "POST /v1/orders")
    assert request.parent is None
    assert answer.headers["x-request-id"] == f"{request.context.trace_id:032x}"


def test_nothing_is_traced_unless_somebody_turns_it_on(post: Post, api: Api) -> None:
    assert tracing.span("a") is tracing.span("b")  # One thing for all, which does nothing.
    assert tracing.here() == ""
    answer = buy(api, "one", traceparent=f"00-{TRACE}-{CALLER}-01")
    assert answer.headers["x-request-id"] == TRACE
    entries = post.database.read(journal_of(answer.json()["id"]))
    assert all("trace" not in entry.body for entry in entries)


def test_a_collector_is_told_and_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as collector:
        tracing.start(f"http://127.0.0.1:{collector.port}", "api")
        with tracing.span("something", parent="not one"):
            pass
        tracing.stop()
        assert len(collector.taken) == 1
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(Refusal, match="setting_invalid"):
        tracing.start("http://127.0.0.1:9", "api")
