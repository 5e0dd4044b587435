"""What people edit: made once, replaced by who has seen the version that stands."""

import dataclasses
import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Header, Response
from pydantic import BaseModel

from ovunque.api.idempotent import CREATED, JSON, OnceOnly
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform.database import Tx
from ovunque.platform.http.faults import refusal_of

ETAG = re.compile(r'"([0-9]{1,9})"')
NOTHING = 0  # The version of what is not there yet.

R = TypeVar("R")


class _Version(msgspec.Struct):
    version: int


IfMatchHeader = Annotated[
    str | None,
    Header(alias="If-Match", description='The ETag that you have seen, like `"3"`.'),
]


async def version_seen(if_match: IfMatchHeader = None) -> int | None:
    """The version that the caller has seen; none where it may be any."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = ETAG.fullmatch(if_match.strip())
    if found is None:
        detail = 'Write it like "3", as the ETag of the answer that you have seen.'
        raise refusal_of((Fault("header:if-match", "malformed", detail),))
    return int(found[1])


IfMatch = Annotated[int | None, Depends(version_seen)]


def create(once: OnceOnly, work: Callable[[Tx], BaseModel]) -> Response:
    """The new thing with its ETag; refused as `already_exists` where it stands already."""

    def work_on_nothing(tx: Tx) -> BaseModel:
        try:
            return work(tx)
        except Refusal as refusal:
            if refusal.code == "version_conflict":
                raise Refusal("already_exists", what="It") from None
            raise

    response = once.run(work_on_nothing)
    if response.status_code == CREATED:
        shown = msgspec.json.decode(response.body, type=_Version)
        response.headers["ETag"] = etag(shown.version)
    return response


def tagged(shown: BaseModel, version: int) -> Response:
    """The thing as it stands, with its ETag."""
    headers = {"ETag": etag(version)}
    return Response(shown.model_dump_json(), headers=headers, media_type=JSON)


def etag(version: int) -> str:
    return f'"{version}"'


def same(at: str, told: str, meant: str) -> None:
    """Refused when a body names another thing than its address."""
    if told != meant:
        raise refusal_of((Fault(at, "contradiction", "The address names another one."),))


def as_request(kind: type[R], body: BaseModel, **others: Any) -> R:
    """A body as the request of a room: the same fields, but for those given beside it."""
    told = body.model_dump(mode="json")
    fields = {each.name for each in dataclasses.fields(kind)}  # type: ignore[arg-type]
    taken = {name: frozen(value) for name, value in told.items() if name in fields}
    return kind(**(taken | others))


def frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
