"""The contract, for machines and for people: complete, and nothing in it leads nowhere."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Annotated, Any

import msgspec
import pytest
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.api.conftest import Api
from tests.house.rights import LINKED

from ovunque.access.model import Actor, Scope
from ovunque.api.application import describe_api
from ovunque.api.idempotent import once_always
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.api.routes import HOT, ROUTERS
from ovunque.platform.refusals import ANSWERS

TOKENS = "/oauth/token"  # The document tells it as a scheme of security, as programs expect.
PAGES = {"/docs", "/docs/refusals", "/docs/style.css"}  # For people: not part of the contract.
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Outline(HTMLParser):
    """What a page holds: its tags, where its links lead, what they may lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.ids: list[str] = []
        self.styled: set[str] = set()
        self._open: list[str] = []
        self.feed(text)
        assert self._open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.add(tag)
        self.links |= {str(told[name]) for name in ("href", "src") if name in told}
        self.styled |= told.keys() & {"style", "onclick", "onload"}
        if told.get("id"):
            self.ids.append(str(told["id"]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


@pytest.fixture(scope="module")
def document(shared_api: Api) -> Any:
    return shared_api.get("/openapi.json").json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def nodes(part: Any) -> Iterator[Any]:
    yield part
    if isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from nodes(each)


def test_every_route_is_in_the_document(shared_api: Api, document: Any) -> None:
    told = {(path, method.upper()) for path, method, _ in operations(document)}
    served = {
        (route.path_format, method)
        for route in shared_api.app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
        if route.path_format not in PAGES | {TOKENS}
    }
    assert told == served


def test_every_operation_says_what_it_is_for(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    for path, method, operation in operations(document):
        what = f"{method} {path}"
        assert operation["summary"], what
        assert len(operation["tags"]) == 1, what
        if not path.startswith("/v1"):
            continue
        if f"{method.upper()} {path}" in LINKED:
            assert "security" not in operation, what
            continue
        by_key, by_token = operation["security"]
        assert {Scope(each) for each in by_key["api_key"]}, what
        assert by_token == {"oauth2": by_key["api_key"]}, what
        assert "4XX" in operation["responses"], what
        assert any("content" in each for each in operation["responses"].values()), what
        told = operation.get("parameters", ())
        named = {each["name"] for each in told if each["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), what
    ids = [each["operationId"] for path, _, each in operations(document) if path.startswith("/v1")]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere(document: Any) -> None:
    named = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    used = {each["$ref"] for each in nodes(document) if isinstance(each, dict) and "$ref" in each}
    assert used <= named
    assert "#/components/schemas/Problem" in used


def test_bodies_take_no_field_that_they_do_not_name(document: Any) -> None:
    schemas = document["components"]["schemas"]
    taken = [
        content["schema"]["$ref"].rpartition("/")[2]
        for _, _, operation in operations(document)
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    assert taken
    assert [name for name in taken if schemas[name].get("additionalProperties") is not False] == []


def test_the_pages_load_nothing_and_lead_somewhere(shared_api: Api) -> None:
    docs, refusals = (shared_api.get(path) for path in ("/docs", "/docs/refusals"))
    for page in (docs, refusals):
        assert page.headers["Content-Type"].startswith("text/html")
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        outline = Outline(page.text)
        assert not {"script", "style", "iframe"} & outline.tags
        assert not outline.styled
        assert len(outline.ids) == len(set(outline.ids))
        inside = {link[1:] for link in outline.links if link.startswith("#")}
        assert inside <= set(outline.ids)
        for link in outline.links - {f"#{each}" for each in inside}:
            assert shared_api.get(link).status_code == 200, link
    assert set(ANSWERS) <= set(Outline(refusals.text).ids)


def test_a_refusal_names_its_page(shared_api: Api) -> None:
    page, _, code = shared_api.get("/nowhere").json()["type"].partition("#")
    assert f"id='{code}'" in shared_api.get(page).text


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    sku: Annotated[str, msgspec.Meta(max_length=64)]


class Told(msgspec.Struct):
    available: int


async def get_stock(request: Request, by: Actor) -> Response:
    return Response()


def test_a_hot_route_is_described_like_any_other() -> None:
    hot = HotRoute(
        method="POST",
        path="/v1/asked",
        endpoint=get_stock,
        scope=Scope.PROMISE,
        tag="stock",
        summary="What is there",
        description="Told from memory.",
        request=Asked,
        response=Told,
        parameters=(Parameter(name="channel", schema={"type": "string"}, required=True),),
    )
    document = describe_api(ROUTERS, (*HOT, hot))
    operation = document["paths"]["/v1/asked"]["post"]
    assert operation["security"] == [{"api_key": ["promise"]}, {"oauth2": ["promise"]}]
    flow = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/oauth/token"
    assert set(flow["scopes"]) == set(Scope)
    assert operation["parameters"][0]["required"] is True
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Asked"
    }
    schemas = document["components"]["schemas"]
    assert schemas["Asked"]["properties"]["sku"]["maxLength"] == 64
    assert schemas["Told"]["required"] == ["available"]


def test_the_document_says_where_a_key_has_to_be_sent(document: Any) -> None:
    needed = {
        path
        for path, _, operation in operations(document)
        for each in operation.get("parameters", ())
        if each["name"] == "Idempotency-Key" and each["required"]
    }
    refusing = {
        route.path
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        and any(each.call is once_always for each in route.dependant.dependencies)
    }
    assert needed == refusing | {"/v1/orders"}
    assert "/v1/stock/movements" in needed
    assert all(
        each["schema"]["type"] == "string"
        for _, _, operation in operations(document)
        for each in operation.get("parameters", ())
        if each["name"] == "Idempotency-Key" and each["required"]
    )
    assert "x-required" not in str(document)
