"""Shoppers who never give up: each asks again, under the same key, until it is told yes or no.

What they were told is the oracle: an order that was accepted and is not there is lost, one that is
there and was told to nobody is double.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock, Thread
from time import monotonic

import msgspec

from bench.crowd import order_body

ANSWER_SECONDS_MAX = 8.0
PAUSE_SECONDS = 0.02  # Shoppers look around between orders; the machine is needed for more.
AGAIN_SECONDS = 0.05
REPLAYED = 0.05  # Of the accepted orders are sent once more, to see the same answer.
HOT_SHARE = 0.2
ACCEPTED, SOLD_OUT = 201, 409
PASSING = frozenset({429, 500, 502, 503, 504})


class OrderTold(msgspec.Struct):
    id: str


@dataclass(slots=True)
class Shop:
    """Where they go, and everything that they were told."""

    port: int
    token: str
    skus: Sequence[str]
    hot: str
    accepted: dict[str, str] = field(default_factory=dict)  # Ids of orders, by key.
    units: int = 0
    others: int = 0  # Orders, and units of theirs, that were there before.
    other_units: int = 0
    sold_out: int = 0
    accepted_at: list[float] = field(default_factory=list)
    slowest: float = 0.0
    attempts_failed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    shoppers: int = 0  # Who still shops, or waits for an answer.
    ending: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def silence_since(self, moment: float) -> float:
        """The longest time without an accepted order from a moment on."""
        with self.lock:
            later = [at for at in self.accepted_at if at >= moment]
        return max((b - a for a, b in zip([moment, *later], later, strict=False)), default=0.0)

    def has_sold_since(self, moment: float) -> bool:
        with self.lock:
            return bool(self.accepted_at) and self.accepted_at[-1] > moment


@contextmanager
def shopping(shop: Shop, count: int, seed: int) -> Iterator[Shop]:
    """So many shoppers; at the end each still gets the answer it waits for."""
    threads = [Thread(target=shop_on, args=(shop, nth, seed), daemon=True) for nth in range(count)]
    for each in threads:
        each.start()
    try:
        yield shop
    finally:
        shop.ending.set()
        for each in threads:
            each.join()


def shop_on(shop: Shop, nth: int, seed: int) -> None:
    chance = random.Random(f"{seed}-{nth}")
    with shop.lock:
        shop.shoppers += 1
    asking = Asking(shop)
    turn = 0
    while not shop.ending.is_set():
        turn += 1
        key = f"{seed}-{nth}-{turn}"
        skus = [shop.hot] if chance.random() < HOT_SHARE else chance.sample([*shop.skus], 2)
        asking.order(key, skus, again=chance.random() < REPLAYED)
        shop.ending.wait(PAUSE_SECONDS * chance.random())
    asking.close()
    with shop.lock:
        shop.shoppers -= 1


class Asking:
    """One connection, opened anew whenever it breaks."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._connection: HTTPConnection | None = None

    def order(self, key: str, skus: list[str], *, again: bool) -> None:
        """Ask until there is an answer; an accepted order may be asked for twice."""
        shop, body, began = self._shop, order_body(key, skus), monotonic()
        status, told = self._insist(key, body)
        at = monotonic()
        with shop.lock:
            shop.slowest = max(shop.slowest, at - began)
            if status == SOLD_OUT:
                shop.sold_out += 1
                return
            if status != ACCEPTED:
                shop.wrong.append(f"{status} {told[:200]!r}")
                return
            shop.accepted[key] = msgspec.json.decode(told, type=OrderTold).id
            shop.units += len(skus)
            shop.accepted_at.append(at)
        if again and self._insist(key, body) != (status, told):
            shop.wrong.append(f"{key} was answered in two ways")

    def _insist(self, key: str, body: bytes) -> tuple[int, bytes]:
        while True:
            try:
                status, told = self._ask(key, body)
            except (OSError, HTTPException) as error:
                self.close()
                self._fail(type(error).__name__)
                continue
            if status not in PASSING:
                return status, told
            self._fail(str(status))

    def _ask(self, key: str, body: bytes) -> tuple[int, bytes]:
        if self._connection is None:
            port = self._shop.port
            self._connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
        headers = {"Authorization": f"Bearer {self._shop.token}", "Idempotency-Key": key}
        headers["Content-Type"] = "application/json"
        self._connection.request("POST", "/v1/orders", body, headers)
        answer = self._connection.getresponse()
        told = answer.read()
        if answer.will_close:
            self.close()
        return answer.status, told

    def _fail(self, what: str) -> None:
        with self._shop.lock:
            self._shop.attempts_failed[what] += 1
        Event().wait(AGAIN_SECONDS)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
