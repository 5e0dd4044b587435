"""`ovunque probe`: an order placed, read and canceled from outside, as other programs do it."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Annotated, Any, Protocol
from urllib.parse import urlsplit

import typer

from ovunque.kernel.refusal import Refusal
from ovunque.platform import clock

TIMEOUT_SECONDS = 10
MARK = "probe"  # Whoever looks for what probes have left finds orders of this customer.
PLACE, READ, CANCEL = "place", "read", "cancel"
FIGURES = """\
# TYPE ovunque_probe_ok gauge
ovunque_probe_ok {ok}
# TYPE ovunque_probe_at_seconds gauge
ovunque_probe_at_seconds {at:.0f}
# TYPE ovunque_probe_seconds gauge
"""

Json = Mapping[str, Any]


class Door(Protocol):
    """The API as a program reaches it."""

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Json]:
        """Status and document of the answer; (0, {}) when nobody answers."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is ordered, and where it would go."""

    sku: str
    channel: str
    country: str
    postal_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """How long each step took; `wrong` says what was not as it should be, or nothing."""

    seconds: Mapping[str, float]
    wrong: str = ""


class Step(Exception):  # noqa: N818 - a way out
    """One that was not answered as it should be."""


class Front:
    """The API over HTTP, on a connection of its own each time: a probe must not be spared one."""

    def __init__(self, address: str, token: str) -> None:
        self._address = urlsplit(address)
        self._token = token

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        secure = self._address.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._address.netloc, timeout=TIMEOUT_SECONDS)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, self._address.path.rstrip("/") + path, text, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            connection.close()


def probe(
    address: Annotated[str, typer.Argument(help="Where the API is: http://host:port.")],
    *,
    sku: Annotated[str, typer.Option(help="The item to order one of.")],
    key: Annotated[str, typer.Option(envvar="KEY", help="An API key with orders and read.")],
    channel: Annotated[str, typer.Option(help="The channel to order on.")] = "web-it",
    to: Annotated[str, typer.Option(help="Country and postal code.")] = "IT 20121",
    every: Annotated[
        float | None, typer.Option(min=1, help="Again every so many seconds, until Ctrl-C.")
    ] = None,
    within: Annotated[float, typer.Option(min=0.01, help="Seconds that all may take.")] = 5.0,
    figures: Annotated[
        Path | None, typer.Option(help="A file for Prometheus' textfile collector.")
    ] = None,
) -> None:
    """Place an order, read it, cancel it; exit 1 with what was not as it should be."""
    country, _, postal_code = to.partition(" ")
    wanted = Wanted(sku=sku, channel=channel, country=country, postal_code=postal_code)
    front = Front(address, key)
    while True:
        found = judge(go(front, wanted, f"{MARK}-{clock.new_secret()[:16]}"), within)
        if figures is not None:
            write(figures, found)
        print(found.wrong or ", ".join(f"{name} {s:.3f} s" for name, s in found.seconds.items()))
        if every is None:
            break
        sleep(every)
    if found.wrong:
        raise Refusal("probe_failed", detail=found.wrong)


def go(door: Door, wanted: Wanted, mark: str) -> Probed:
    """All steps, one after the other; what was placed is canceled whatever comes between."""
    seconds: dict[str, float] = {}
    order: Json = {}

    def timed(name: str, work: Callable[[], tuple[int, Json]], status: int) -> Json:
        began = perf_counter()
        found, document = work()
        seconds[name] = perf_counter() - began
        if found != status:
            raise Step(f"{name}: {document.get('code') or found or 'no answer'}")
        return document

    wrong = ""
    try:
        body = order_of(wanted, mark)
        order = timed(PLACE, lambda: door.ask("POST", "/v1/orders", body, mark), 201)
        path = f"/v1/orders/{order['id']}"
        read = timed(READ, lambda: door.ask("GET", path), 200)
        if read["external_id"] != mark:
            raise Step(f"{READ}: another order")
    except Step as step:
        wrong = str(step)
    if order:
        wrong = "; ".join(filter(None, [wrong, *cancel(door, order, mark, timed)]))
    return Probed(seconds=seconds, wrong=wrong)


def cancel(door: Door, order: Json, mark: str, timed: Callable[..., Json]) -> Iterator[str]:
    path, body = f"/v1/orders/{order['id']}", {"reason": "other"}
    try:
        timed(
            CANCEL, lambda: door.ask("POST", f"{path}/cancellations", body, f"{mark}-cancel"), 201
        )
        _, left = door.ask("GET", path)
        if left.get("status") != "canceled":
            yield f"{CANCEL}: {left.get('status', 'no answer')}"
    except Step as step:
        yield str(step)


def order_of(wanted: Wanted, mark: str) -> Json:
    address = {
        "street": "Probe 1",
        "postal_code": wanted.postal_code,
        "city": "Probe",
        "country": wanted.country,
    }
    return {
        "channel": wanted.channel,
        "external_id": mark,
        "customer": {"name": MARK, "email": f"{MARK}@example.com"},
        "delivery": {"service": "home", "address": address},
        "lines": [
            {"sku": wanted.sku, "quantity": 1, "unit_price": {"amount": 100, "currency": "EUR"}}
        ],
    }


def judge(found: Probed, within: float) -> Probed:
    total = sum(found.seconds.values())
    if found.wrong or total <= within:
        return found
    return Probed(seconds=found.seconds, wrong=f"took {total:.3f} s")


def write(file: Path, found: Probed) -> None:
    """Whole or not at all: the collector may read at any moment."""
    told = FIGURES.format(ok=0 if found.wrong else 1, at=clock.now().timestamp())
    told += "".join(
        f'ovunque_probe_seconds{{step="{name}"}} {s:.6f}\n' for name, s in found.seconds.items()
    )
    part = file.with_suffix(".part")
    part.write_text(told, encoding="utf-8")
    part.replace(file)
