"""The process in which the demo's people act until it is told to end: `demo --live`."""

import http.client
import json
import signal
import sys
from collections.abc import Iterator
from random import Random
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from ovunque.cli.card import CARD, Moved, recognize, tell
from ovunque.cli.moving_in import Plan
from ovunque.platform import clock
from ovunque.platform.settings import read_settings
from ovunque.platform.supervising import end_with_parent
from ovunque.simulation.acting import Json, Stage, Troupe
from ovunque.simulation.orders import OrderBody, order_bodies

TICK_SECONDS = 0.25
TELL_TICKS = 120  # So many ticks from one account of what was done to the next.
TIMEOUT_SECONDS = 10


class Front:
    """The API over HTTP, on one connection that is opened again when it is lost."""

    def __init__(self, address: str, key: str) -> None:
        self._host = urlsplit(address).netloc
        self._key = key
        self._begun = clock.new_secret()[:8]
        self._asked = 0
        self._connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_SECONDS)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Json]:
        self._asked += 1
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"live-{self._begun}-{self._asked}",
        }
        try:
            text = None if body is None else json.dumps(body)
            self._connection.request(method, path, text, headers)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            self._connection.close()
            return 0, {}


def bodies_of(moved: Moved, plan: Plan) -> Iterator[OrderBody]:
    """What people order from now on; no number was used before."""
    now = clock.now()
    first = int(now.timestamp())
    chance = Random(first + moved.seed)  # noqa: S311 - nothing to guess
    return order_bodies(plan.retailer(now), chance, first=first)


def act(address: str, ending: Event) -> None:
    """Play until the end is asked for; tell now and then what has been done."""
    folder = read_settings().home / "demo"
    moved = recognize(folder / CARD)
    plan = Plan(size=moved.size, seed=moved.seed, folder=folder)
    house = plan.retailer(clock.now())
    troupe = Troupe(
        bodies=bodies_of(moved, plan),
        carriers=tuple(dict.fromkeys(each.carrier for each in house.carriers)),
        rng=Random(),  # noqa: S311 - nothing to guess
    )
    stage = Stage(Front(address, moved.key), troupe, clock.now())
    ticks = 0
    while not ending.wait(TICK_SECONDS):
        stage.play(clock.now())
        ticks += 1
        if ticks % TELL_TICKS == 0:
            tell(f"live: {stage.account()}")


def main() -> None:
    end_with_parent()
    ending = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    act(sys.argv[1], ending)


if __name__ == "__main__":
    main()
