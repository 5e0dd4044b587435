"""What can be sold now, from memory: product pages and carts never touch the database."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from operator import itemgetter
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.keyring import KeyRing
from ovunque.access.model import Actor, Scope
from ovunque.api.availability_shown import (
    NOTHING,
    Asked,
    Availability,
    AvailabilityProblem,
    Teller,
    say,
)
from ovunque.api.call import services_of
from ovunque.api.costs import MEMORY
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.kernel.refusal import Fault
from ovunque.platform.http.express import Answerer, Plain
from ovunque.platform.http.faults import refusal_of
from ovunque.platform.http.pacing import Buckets
from ovunque.sourcing.remembering import Page
from ovunque.sourcing.selling import SERVICES

SKUS_MAX = 500
LISTED_BYTES_MAX = 2_000_000  # Of questions that are remembered; with answers ten times that.
HEADS_MAX = 200  # Ways to ask that are remembered.
JSON = "application/json"
PATH = "/v1/availability"
BEARER = b"bearer "

_encode = msgspec.json.Encoder().encode


def express(teller: Teller, keys: KeyRing, buckets: Buckets) -> Answerer:
    """The short way: sound questions about known items, by who may ask them."""
    listings = Listings()

    def answer(query: bytes, authorization: bytes) -> Plain | None:
        if authorization[:7].lower() != BEARER:
            return None
        actor = keys.find(authorization[7:].decode("latin-1"))
        if actor is None or not actor.may(Scope.READ):
            return None
        if not buckets.take(actor.client_id, MEMORY):
            return None  # The long way says so.
        listing = listings.find(query)
        page = teller.page(listing.asked) if listing else None
        return listing.answer(teller, page) if listing and page else None

    return answer


class Listing:
    """A question, which the pages of a shop may ask over and over.

    While it finds the same parts, the answer is as before, and so is its mark.
    """

    __slots__ = ("_find", "_parts", "_said", "asked")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._find = None if asked.siblings else finder(asked.skus)
        self._parts: Sequence[bytes] = ()
        self._said = NOTHING

    def answer(self, teller: Teller, page: Page) -> Plain | None:
        """What may be sold now; None when an item is unknown."""
        parts = self._look(teller, page)
        if parts is None:
            return None
        if parts != self._parts:
            self._parts, self._said = parts, say(parts)
        return teller.answer(self.asked.channel, self._said)

    def _look(self, teller: Teller, page: Page) -> Sequence[bytes] | None:
        if self._find is not None:
            with suppress(KeyError):  # A part that has changed is written below.
                return self._find(page.items)
        skus = self.asked.skus
        parts = teller.parts(page, teller.with_siblings(skus) if self.asked.siblings else skus)
        return None if None in parts else tuple(parts)  # type: ignore[arg-type]


def finder(skus: Sequence[str]) -> Callable[[Mapping[str, bytes]], Sequence[bytes]]:
    """Finds the parts of these items, in a third of the time of asking for one after the other."""
    return itemgetter(*skus) if len(skus) > 1 else lambda parts: (parts[skus[0]],)


class Listings:
    """Questions about several items, by their bytes: most lists are asked for more than once."""

    def __init__(self) -> None:
        self._known: dict[bytes, Listing] = {}
        self._bytes = 0

    def find(self, query: bytes) -> Listing | None:
        """What a sound query asks; None for any other."""
        found = self._known.get(query)
        if found is None and (asked := read_query(query)):
            found = Listing(asked)
            if len(asked.skus) > 1:
                self._remember(query, found)
        return found

    def _remember(self, query: bytes, listing: Listing) -> None:
        self._bytes += len(query)
        if self._bytes > LISTED_BYTES_MAX:
            self._known, self._bytes = {}, len(query)
        self._known[query] = listing


def read_query(query: bytes) -> Asked | None:
    """What a sound query names; None for any other."""
    text = query.decode("latin-1")
    head, *skus = text.split("&sku=")  # Items come last in nearly all: one cut finds them.
    if "%" in text or "+" in text or text.count("&") != head.count("&") + len(skus):
        pairs, skus = parse_qsl(text, keep_blank_values=True), []
    elif "sku=" in head:
        pairs = [each.partition("=")[::2] for each in head.split("&")]
    else:
        asked = read_head(head)
        return asked._replace(skus=skus) if asked and 1 <= len(skus) <= SKUS_MAX else None
    asked = read_pairs(pairs)
    if asked is None or not 1 <= len(asked.skus) + len(skus) <= SKUS_MAX:
        return None
    return asked._replace(skus=[*asked.skus, *skus])


@lru_cache(maxsize=HEADS_MAX)
def read_head(head: str) -> Asked | None:
    """The same of what comes before the items: a shop asks again and again for one channel."""
    return read_pairs([each.partition("=")[::2] for each in head.split("&")])


def read_pairs(pairs: Sequence[tuple[str, str]]) -> Asked | None:
    named = [value for name, value in pairs if name == "sku"]
    others = dict(each for each in pairs if each[0] != "sku")
    if len(others) + len(named) != len(pairs):
        return None
    channel, service = others.pop("channel", None), others.pop("service", None)
    detail, siblings = others.pop("detail", None), others.pop("siblings", None)
    if channel is None or others or service not in (None, *SERVICES):
        return None
    if detail not in (None, "locations") or siblings not in (None, "true"):
        return None
    return Asked(channel, service, detail is not None, named, siblings is not None)


async def get_availability(request: Request, _: Actor) -> Response:
    """Units that a channel may sell now, of up to 500 items."""
    teller, query = services_of(request).teller, request.query_params
    asked = Asked(
        query.get("channel", ""),
        service_of(query.get("service")),
        detail_of(query.get("detail")),
        query.getlist("sku"),
        siblings_of(query.get("siblings")),
    )
    page = teller.page(asked)
    if page is None:
        raise refusal_of(
            (Fault("query:channel", "unknown_reference", "There is no such channel."),)
        )
    if not 1 <= len(asked.skus) <= SKUS_MAX:
        raise refusal_of((Fault("query:sku", "out_of_bounds", f"Name 1 to {SKUS_MAX} items."),))
    skus = teller.with_siblings(asked.skus) if asked.siblings else asked.skus
    parts = teller.parts(page, skus)
    problems = [
        AvailabilityProblem(
            code="unknown_reference", pointer=f"query:sku/{nth}", detail="There is no such item."
        )
        for nth, part in enumerate(parts)
        if part is None
    ]
    known = [part for part in parts if part is not None]
    plain = teller.answer(asked.channel, say(known), _encode(problems))
    return Response(plain.body, headers={"ETag": plain.etag.decode()}, media_type=JSON)


def service_of(text: str | None) -> str | None:
    if text not in (None, *SERVICES):
        raise refusal_of((Fault("query:service", "not_allowed", "There is no such service."),))
    return text


def detail_of(text: str | None) -> bool:
    if text not in (None, "locations"):
        raise refusal_of((Fault("query:detail", "not_allowed", "Only `locations` is known."),))
    return text is not None


def siblings_of(text: str | None) -> bool:
    if text not in (None, "true", "false"):
        fault = Fault("query:siblings", "not_allowed", "Say `true` or `false`.")
        raise refusal_of((fault,))
    return text == "true"


ROUTES = (
    HotRoute(
        method="GET",
        path=PATH,
        endpoint=get_availability,
        scope=Scope.READ,
        tag="availability",
        summary="What a channel may sell now",
        response=Availability,
        parameters=(
            Parameter(name="channel", schema={"type": "string"}, required=True),
            Parameter(
                name="sku",
                schema={
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "maxItems": SKUS_MAX,
                },
                required=True,
            ),
            Parameter(name="detail", schema={"type": "string", "enum": ["locations"]}),
            Parameter(name="service", schema={"type": "string", "enum": [*SERVICES]}),
            Parameter(name="siblings", schema={"type": "boolean", "default": False}),
        ),
    ),
)
