"""The whole contract in one OpenAPI document: FastAPI's routes and the hot ones.

Hot routes are plain Starlette with msgspec. What they take and answer is described beside them
and merged here, so that a program sees no difference.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Actor, Scope
from ovunque.platform.http.problems import MEDIA_TYPE

JSON, NDJSON = "application/json", "application/x-ndjson"
SCHEMAS = "#/components/schemas/"
ISSUED_AT = "/oauth/token"
REQUIRED = "x-required"  # On its way to the document: a parameter that a route looks for itself.
Schema: TypeAlias = dict[str, Any]

PROBLEM: Schema = {
    "type": "object",
    "description": "A refusal (RFC 9457). `code` is stable; `detail` is for people.",
    "required": ["type", "title", "status", "code", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "examples": ["not_found"]},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "examples": ["/lines/0/quantity", "query:limit"]},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
REFUSED: Schema = {
    "description": "Refused: the document says why.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}},
}
API_KEY: Schema = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, `ovq_…`; it opens what its scopes name.",
}


OAUTH: Schema = {
    "type": "oauth2",
    "description": (
        "A token for a quarter of an hour; the client's id is that of a key, its secret the key."
    ),
    "flows": {
        "clientCredentials": {
            "tokenUrl": ISSUED_AT,
            "scopes": {scope.value: f"What a key with {scope.value} opens." for scope in Scope},
        }
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a hot route, in its query or its headers."""

    name: str
    schema: Schema
    where: str = "query"
    required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotRoute:
    """A route without FastAPI: who calls is found out before the endpoint is asked."""

    method: str
    path: str
    endpoint: Callable[[Request, Actor], Awaitable[Response]]
    scope: Scope | None  # None: anybody may ask, so often from one address.
    tag: str
    summary: str
    description: str = ""
    request: Any = None  # A msgspec type; what it names is what it takes.
    request_media: tuple[str, ...] = (JSON,)
    bulk: bool = False  # Takes a larger body than others.
    lines: str = ""  # The schema of each line where it takes lines of JSON.
    beside: bool = False  # Another route has its address, and takes all other media.
    response: Any = None
    status: int = 200
    also: tuple[int, ...] = ()  # It may answer so as well.
    parameters: Sequence[Parameter] = ()


def write_document(api: FastAPI, hot: Sequence[HotRoute], plain: Mapping[str, Schema]) -> Schema:
    """The document of all routes; `plain` describes those that refuse nothing."""
    document = get_openapi(
        title=api.title,
        version=api.version,
        summary=api.summary,
        description=api.description,
        routes=api.routes,
    )
    for operation in operations_of(document):
        summarize(operation)
        require(operation)
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"api_key": API_KEY, "oauth2": OAUTH}
    schemas = components.setdefault("schemas", {})
    for route, operation in zip(hot, describe(hot, schemas), strict=True):
        methods = document["paths"].setdefault(route.path, {})
        if route.beside:
            add_beside(methods[route.method.lower()], operation)
        else:
            methods[route.method.lower()] = operation
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = PROBLEM
    for operation in operations_of(document):
        operation["responses"].pop("422", None)
        operation["responses"]["4XX"] = REFUSED
        if "security" in operation:
            (needed,) = operation["security"]
            operation["security"] = [needed, {"oauth2": needed["api_key"]}]
    document["paths"] = dict(sorted((document["paths"] | plain).items()))
    return document


def add_beside(operation: Schema, other: Schema) -> None:
    """One operation that takes more media, and answers those in their own way."""
    operation["requestBody"]["content"] |= other["requestBody"]["content"]
    operation["parameters"] = [*operation.get("parameters", ()), *other["parameters"]]
    operation["responses"] |= other["responses"]
    told = f"{other['summary']}. {other.get('description', '')}".strip()
    operation["description"] = f"{operation.get('description', '')} {told}".strip()


def summarize(operation: Schema) -> None:
    """The first sentence of what a route says of itself is its summary."""
    first, _, rest = operation.pop("description", "").partition(".")
    operation["summary"] = first.replace("\n", " ") or operation["summary"]
    if rest.strip():
        operation["description"] = rest.strip()


def require(operation: Schema) -> None:
    """What a route refuses to do without is required, and no null is taken for it."""
    for each in operation.get("parameters", ()):
        if each["schema"].pop(REQUIRED, False):
            (schema,) = (told for told in each["schema"].pop("anyOf") if told["type"] != "null")
            each |= {"required": True, "schema": each["schema"] | schema}


def operations_of(document: Mapping[str, Any]) -> Iterable[Schema]:
    return [each for path in document["paths"].values() for each in path.values()]


def _is_same_choice(one: Schema, other: Schema) -> bool:
    """Whether two libraries described the same words to choose from."""
    return "enum" in one and set(one["enum"]) == set(other.get("enum", ()))


def describe(hot: Sequence[HotRoute], schemas: Schema) -> list[Schema]:
    """The operations of hot routes; the schemas of their types are added to the others."""
    types = [each for route in hot for each in (route.request, route.response) if each is not None]
    told, named = msgspec.json.schema_components(types, ref_template=SCHEMAS + "{name}")
    both = named.keys() & schemas.keys()
    assert all(_is_same_choice(named[each], schemas[each]) for each in both), "two of one name"
    schemas |= named
    rest = iter(told)
    return [
        _operation(
            route,
            next(rest) if route.request is not None else None,
            next(rest) if route.response is not None else None,
        )
        for route in hot
    ]


def _operation(route: HotRoute, request: Schema | None, response: Schema | None) -> Schema:
    answer: Schema = {"description": "Done."}
    if response is not None:
        answer["content"] = {JSON: {"schema": response}}
    operation: Schema = {
        "tags": [route.tag],
        "summary": route.summary,
        "operationId": route.endpoint.__name__,
        "parameters": [_parameter(each) for each in route.parameters],
        "responses": {str(status): answer for status in (route.status, *route.also)},
    }
    if route.scope is not None:
        operation["security"] = [{"api_key": [route.scope.value]}]
    if route.description:
        operation["description"] = route.description
    content = {media: {"schema": request} for media in route.request_media if request is not None}
    if route.lines:
        content[NDJSON] = {"schema": {"$ref": f"{SCHEMAS}{route.lines}"}}
    if content:
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameter(parameter: Parameter) -> Schema:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required,
        "description": parameter.description,
        "schema": parameter.schema,
    }
