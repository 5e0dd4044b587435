"""Short tokens for programs: `POST /oauth/token`, as RFC 6749 has it (section 4.4)."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ovunque.access.issuing import LIFETIME, PREFIX
from ovunque.api.call import Services, services_of
from ovunque.api.openapi import ISSUED_AT
from ovunque.kernel.ids import public_id
from ovunque.platform.http.peer import address_of

PATH = ISSUED_AT
FORM = "application/x-www-form-urlencoded"
FIELDS_MAX = 10
NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
WHO = {"WWW-Authenticate": 'Basic realm="ovunque"'}
BAD, UNKNOWN = 400, 401


async def post_token(request: Request) -> Response:
    """A token for a quarter of an hour, for whoever shows a key; every no is one of the RFC's."""
    fields = read_fields(request.headers.get("content-type", ""), await request.body())
    if fields is None:
        return no("invalid_request", "Send each field once, as an HTML form does.")
    if fields.get("grant_type") != "client_credentials":
        return no("unsupported_grant_type", "The only grant is client_credentials.")
    client = client_of(request.headers.get("authorization"), fields)
    services = services_of(request)
    if client is None or not is_known(services, *client, address_of(request.scope)):
        return no("invalid_client", "The id or the key is not right.", UNKNOWN)
    told, address = fields.get("scope"), address_of(request.scope)
    issued = services.keys.issue(client[1], told, str(services.new_id()), address)
    if issued is None:
        return no("invalid_scope", "The key lacks a scope that was asked for.")
    token, grant = issued
    answer = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(LIFETIME.total_seconds()),
        "scope": " ".join(sorted(grant.scopes)),
    }
    return tell(answer, 200)


def read_fields(kind: str, body: bytes) -> Mapping[str, str] | None:
    """The fields of a form; None when it is none, or says something twice."""
    if kind.partition(";")[0].strip().lower() != FORM:
        return None
    try:
        told = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        return None
    fields = dict(told)
    return fields if len(fields) == len(told) else None


def client_of(header: str | None, fields: Mapping[str, str]) -> tuple[str, str] | None:
    """Whom a program says it is, and its key: in the header or in the form, not in both."""
    in_form = fields.get("client_id"), fields.get("client_secret")
    if not header:
        return (in_form[0], in_form[1]) if in_form[0] and in_form[1] else None
    kind, _, told = header.partition(" ")
    if kind.lower() != "basic" or in_form[1] is not None:
        return None
    try:
        id_, colon, secret = b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote_plus(id_), unquote_plus(secret)) if colon else None


def is_known(services: Services, id_: str, key: str, address: str) -> bool:
    """Whether this is that key, and it may be used from here."""
    found = services.keys.id_of(key) if services.keys.find(key, address) else None
    return found is not None and public_id(PREFIX, found) == id_


def no(error: str, description: str, status: int = BAD) -> Response:
    told = {"error": error, "error_description": description}
    return tell(told, status, WHO if status == UNKNOWN else {})


def tell(
    told: Mapping[str, object], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        msgspec.json.encode(told),
        status,
        {**NEVER_KEPT, **(headers or {})},
        media_type="application/json",
    )


ROUTE = Route(PATH, post_token, methods=["POST"])
