"""The gate before the forms by which people get in: whom it turns away costs next to nothing."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

import structlog
from starlette.requests import Request, cookie_parser

from ovunque.access.admitting import Door
from ovunque.access.model import Language
from ovunque.kernel.refusal import Refusal
from ovunque.platform.http import edge
from ovunque.platform.http.express import Turned
from ovunque.platform.http.peer import address_behind
from ovunque.platform.telemetry import PACED, REQUESTS
from ovunque.web import language
from ovunque.web.application import refusal_page
from ovunque.web.house import House
from ovunque.web.visiting import MARK_COOKIES

PATHS = ("/sign-in", "/sign-in/pin")
MARK = b"_known="
COOKIE_LENGTH_MAX = 4_000
TOLD_EVERY_SECONDS = 10.0  # However many are turned away: a flood fills no log.
RETRY_AFTER = {Door.BUSY: b"2", Door.TOO_OFTEN: b"60"}
REFUSALS = {Door.BUSY: Refusal("doors_busy"), Door.TOO_OFTEN: Refusal("sign_in_throttled")}

log = structlog.get_logger()


class SignInGate:
    """Asks the doorkeeper by what the headers say; the form itself is not read before."""

    def __init__(self, house: House, path: str) -> None:
        self._keeper = house.doorkeeper
        self._answers = {
            (door, each): turned(house, door, each) for door in RETRY_AFTER for each in Language
        }
        self._counters = {
            door: REQUESTS.labels(path, "POST", self._answers[door, language.DEFAULT].status)
            for door in RETRY_AFTER
        }
        self._paced = PACED.labels("door")
        self._path = path
        self._told_at, self._untold = 0.0, 0

    def __call__(self, headers: Mapping[bytes, bytes], client: Any) -> Turned | str:
        door = self._keeper.admit(mark_in(headers), address_behind(client, headers)[:64])
        if door not in RETRY_AFTER:
            return door
        self._count(door)
        told = headers.get(b"accept-language", b"")
        reads = language.choose(told.decode("latin-1"), ()) if told else language.DEFAULT
        return self._answers[door, reads]

    def _count(self, door: Door) -> None:
        self._paced.inc()
        self._counters[door].inc()
        self._untold += 1
        now = monotonic()
        if now - self._told_at >= TOLD_EVERY_SECONDS:
            log.warning("door.crowded", path=self._path, turned_away=self._untold)
            self._told_at, self._untold = now, 0


def turned(house: House, door: Door, reads: Language) -> Turned:
    """The page that says why, made once."""
    bare = Request({"type": "http", "headers": [(b"accept-language", reads.encode())]})
    page = refusal_page(house, REFUSALS[door], bare)
    told = {name: value for name, value in page.raw_headers if name != b"retry-after"}
    told = {**edge.HEADERS, **told, b"retry-after": RETRY_AFTER[door]}
    return Turned(page.status_code, tuple(told.items()), bytes(page.body))


def mark_in(headers: Mapping[bytes, bytes]) -> str:
    """What this browser carries since somebody came in from it, if anybody did."""
    told = headers.get(b"cookie", b"")
    if MARK not in told or len(told) > COOKIE_LENGTH_MAX:
        return ""
    carried = cookie_parser(told.decode("latin-1"))
    return next((carried[name] for name in MARK_COOKIES if name in carried), "")
