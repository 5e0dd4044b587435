"""One effect and one answer for each Idempotency-Key, on the routes outside the intake."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from ovunque.access.model import Actor
from ovunque.api.call import Call, Caller
from ovunque.api.openapi import REQUIRED
from ovunque.kernel.refusal import Refusal
from ovunque.platform import idempotency, refusals
from ovunque.platform.database import Tx
from ovunque.platform.http import problems
from ovunque.platform.http.edge import visit_of
from ovunque.platform.idempotency import KEY_LENGTH_MAX, Answer, Key

CREATED = 201
REFUSED_FROM = 400
NEVER_STORED = frozenset({429, 500, 503})  # Tomorrow's answer may be another one.
JSON = "application/json"
NAMES = re.compile(rb"(?:cus|ord)_[0-9a-z]{26}")  # Of people and orders.
REPLAYED = {"Idempotent-Replayed": "true"}
DESCRIPTION = (
    "Your name for this request: 1 to 255 printable ASCII characters. Sent again with the same "
    "body it is answered as it was the first time, and nothing is done twice."
)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it is sent, and as it is stored where a part of it is shown once only."""

    sent: BaseModel
    stored: BaseModel


Work = Callable[[Tx], BaseModel | Told]


@dataclass(frozen=True, slots=True)
class OnceOnly:
    """Runs the work of a creating POST once for each key of a client."""

    call: Call
    key: Key | None

    def run(self, work: Work) -> Response:
        """What the work answers, or answered the first time. Refusals are answers too."""
        if self.key is None:
            return respond(Answer(CREATED, encode(self.call.transact(work))))
        key = self.key
        return self.call.transact(lambda tx: answer_once(tx, self.call, key, work))


def answer_once(tx: Tx, call: Call, key: Key, work: Work) -> Response:
    """The key, the effect and the answer are committed together, or none of them."""
    if not idempotency.try_lock_key(tx, key):
        raise Refusal("idempotency_in_flight")
    match idempotency.list_answers(tx, [key]).get(key):
        case Refusal() as refusal:
            raise refusal
        case Answer() as answer:
            return respond(answer, replayed=True)
    sent, stored = decide(tx, work)
    idempotency.add_answers(tx, [(key, stored)], call.now)
    return respond(sent)


def decide(tx: Tx, work: Work) -> tuple[Answer, Answer]:
    """What to send and what to store; a refusal undoes the work, not the key."""
    try:
        with tx.transaction():
            told = work(tx)
    except Refusal as refusal:
        status = refusals.status_of(refusal)
        if status in NEVER_STORED:
            raise
        answer = Answer(status, msgspec.json.encode(problems.problem(refusal)))
        return answer, answer
    stored = told.stored if isinstance(told, Told) else told
    body = encode(stored)
    about = tuple(sorted({name.decode() for name in NAMES.findall(body)}))
    return Answer(CREATED, encode(told)), Answer(CREATED, body, about)


def encode(told: BaseModel | Told) -> bytes:
    model = told.sent if isinstance(told, Told) else told
    return model.model_dump_json(by_alias=True).encode()


def respond(answer: Answer, *, replayed: bool = False) -> Response:
    refused = answer.status >= REFUSED_FROM
    kind = problems.MEDIA_TYPE if refused else JSON
    return Response(answer.body, answer.status, REPLAYED if replayed else None, kind)


HEADER = "Idempotency-Key"
KeyHeader = Annotated[str | None, Header(alias=HEADER, description=DESCRIPTION)]
# It is refused in our own words where it is missing: what is required is told in the document only.
NeededHeader = Annotated[
    str | None, Header(alias=HEADER, description=DESCRIPTION, json_schema_extra={REQUIRED: True})
]


def parse_key(told: str | None) -> str | None:
    """The key that a header names; refused when it cannot be stored and compared."""
    if told is None:
        return None
    if not 1 <= len(told) <= KEY_LENGTH_MAX or not (told.isascii() and told.isprintable()):
        raise Refusal("idempotency_key_missing")
    return told


def key_of(request: Request, by: Actor) -> Key | None:
    """The key of a request whose body was parsed, with the fingerprint of what it asks."""
    named = parse_key(request.headers.get("idempotency-key"))
    if named is None:
        return None
    visit = visit_of(request.scope)
    digest = idempotency.digest(visit.method, request.scope["path"], visit.document)
    return Key(by.client_id, named, digest)


async def once_only(request: Request, call: Caller, _: KeyHeader = None) -> OnceOnly:
    return OnceOnly(call, key_of(request, call.by))


async def once_always(request: Request, call: Caller, _: NeededHeader = None) -> OnceOnly:
    key = key_of(request, call.by)
    if key is None:
        raise Refusal("idempotency_key_missing")
    return OnceOnly(call, key)


Once = Annotated[OnceOnly, Depends(once_only)]  # A key may be sent.
OnceAlways = Annotated[OnceOnly, Depends(once_always)]  # A key has to be sent.
