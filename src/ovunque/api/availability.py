"""What can be sold now, from memory: product pages and carts never touch the database."""

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.keyring import KeyRing
from ovunque.access.model import Actor, Scope
from ovunque.api.availability_shown import Asked, Availability, AvailabilityProblem, Teller
from ovunque.api.call import services_of
from ovunque.api.costs import MEMORY
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.kernel.refusal import Fault
from ovunque.platform.http.express import Answerer, Plain
from ovunque.platform.http.faults import refusal_of
from ovunque.platform.http.pacing import Buckets
from ovunque.sourcing.selling import SERVICES

SKUS_MAX = 500
HEADS_MAX = 200  # Ways to ask that are remembered.
JSON = "application/json"
PATH = "/v1/availability"
BEARER = b"bearer "

_encode = msgspec.json.Encoder().encode


def express(teller: Teller, keys: KeyRing, buckets: Buckets) -> Answerer:
    """The short way: sound questions about known items, by who may ask them."""

    def answer(query: bytes, authorization: bytes) -> Plain | None:
        if authorization[:7].lower() != BEARER:
            return None
        actor = keys.find(authorization[7:].decode("latin-1"))
        if actor is None or not actor.may(Scope.READ):
            return None
        if not buckets.take(actor.client_id, MEMORY):
            return None  # The long way says so.
        asked = read_query(query)
        page = teller.page(asked) if asked else None
        if asked is None or page is None:
            return None
        skus = teller.with_siblings(asked.skus) if asked.siblings else asked.skus
        parts = teller.parts(page, skus)
        return None if None in parts else teller.join(asked.channel, parts)  # type: ignore[arg-type]

    return answer


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
    plain = teller.join(asked.channel, known, _encode(problems))
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
