"""A refusal as programs read it: problem documents (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals

MEDIA_TYPE = "application/problem+json"
PAGE = "/docs/refusals"
RETRY_AFTER_SECONDS = 1
RETRIED_STATUSES = frozenset({429, 503})
RETRIED_CODES = frozenset({"idempotency_in_flight"})
CHALLENGE = 'Bearer realm="ovunque"'

_json = msgspec.json.Encoder()


def problem(refusal: Refusal) -> dict[str, Any]:
    """The document: the members of RFC 9457, our stable `code`, and what is at fault.

    The refusal's detail `shown` brings members of its own, such as the quantities still there.
    """
    answer = refusals.ANSWERS[refusal.code]
    told: dict[str, Any] = {
        "type": f"{PAGE}#{refusal.code}",
        "title": answer.title,
        "status": answer.status,
        "code": refusal.code,
        "detail": refusals.explain(refusal),
        "errors": [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail}
            for each in refusal.errors
        ],
    }
    return told | dict(refusal.details.get("shown", {}))


def response(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """The document as an HTTP answer, saying when to come again and how to sign in."""
    status = refusals.status_of(refusal)
    told = dict(headers or {})
    if status in RETRIED_STATUSES or refusal.code in RETRIED_CODES:
        told["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == 401:
        told["WWW-Authenticate"] = CHALLENGE
    return Response(_json.encode(problem(refusal)), status, told, MEDIA_TYPE)
