"""The contract for people: pages written from the OpenAPI document and the refusals' table.

Plain HTML of our own: nothing is loaded from elsewhere, and nothing runs in the browser.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib import resources
from typing import Any

from ovunque.platform.refusals import ANSWERS

SCHEMAS = "#/components/schemas/"
BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "{} or more characters",
    "maxLength": "at most {} characters",
    "minItems": "{} or more entries",
    "maxItems": "at most {} entries",
    "default": "otherwise {}",
}

SYSTEM = "system"

Document = Mapping[str, Any]


@cache
def style() -> str:
    return resources.files("ovunque.api").joinpath("docs.css").read_text(encoding="utf-8")


def page_of_operations(document: Document) -> str:
    """All operations by their groups, then all things they take and answer."""
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(show(path, method, operation))
    groups[SYSTEM] = groups.pop(SYSTEM)  # For machines: last.
    info = document["info"]
    schemas = document["components"]["schemas"]
    return frame(
        f"{info['title']} API {info['version']}",
        f"<p class='soft'>{escape(info['description'])}</p>",
        "<p>Send <code>Authorization: Bearer ovq_…</code>. For machines: "
        "<a href='/openapi.json'>openapi.json</a>. When we say no: "
        "<a href='/docs/refusals'>refusals</a>.</p>",
        index({**{name: name for name in groups}, "things": "things"}),
        *(section(name, "".join(found)) for name, found in groups.items()),
        section("things", "".join(thing(name, each) for name, each in sorted(schemas.items()))),
    )


def page_of_refusals() -> str:
    """Every code that a problem document can carry."""
    told = (
        f"<article id='{code}'><h3><code>{code}</code></h3>"
        f"<p>{answer.status} {escape(answer.title)}</p>"
        f"<p class='soft'>{escape(answer.text)}</p></article>"
        for code, answer in sorted(ANSWERS.items())
    )
    lead = "<p>Problem documents (RFC 9457): the code is stable, the words may improve.</p>"
    return frame("Refusals", lead, "<p><a href='/docs'>All operations</a></p>", *told)


def frame(title: str, *parts: str) -> str:
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><link rel='stylesheet' href='/docs/style.css'></head>"
        f"<body><main><h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>"
    )


def index(names: Mapping[str, str]) -> str:
    links = (f"<li><a href='#{escape(at)}'>{escape(name)}</a></li>" for at, name in names.items())
    return f"<nav aria-label='Groups'><ul>{''.join(links)}</ul></nav>"


def section(name: str, content: str) -> str:
    return f"<section id='{escape(name)}'><h2>{escape(name)}</h2>{content}</section>"


def show(path: str, method: str, operation: Document) -> str:
    """One operation: what it needs, takes and answers."""
    parts = [
        f"<h3><span class='method'>{method.upper()}</span> <code>{escape(path)}</code></h3>",
        f"<p>{escape(operation.get('summary', ''))}</p>",
    ]
    if text := operation.get("description"):
        parts.append(f"<p class='soft'>{escape(text)}</p>")
    for needed in operation.get("security", ())[:1]:  # The others ask for the same.
        scopes = " ".join(f"<code>{escape(scope)}</code>" for scope in needed["api_key"])
        parts.append(f"<p class='soft'>Scope {scopes}</p>")
    if parameters := operation.get("parameters"):
        parts.append(table(parameter(each) for each in parameters))
    if body := operation.get("requestBody"):
        parts.append(f"<p>Takes {contents(body)}</p>")
    for status, answer in operation["responses"].items():
        parts.append(f"<p class='soft'>{status}: {contents(answer)}</p>")
    return f"<article id='{escape(operation.get('operationId', path))}'>{''.join(parts)}</article>"


def contents(holder: Document) -> str:
    told = [
        f"{kind(content['schema'])} <span class='soft'>({escape(media)})</span>"
        for media, content in holder.get("content", {}).items()
        if "schema" in content
    ]
    return " or ".join(told) or escape(holder.get("description", ""))


def parameter(told: Document) -> str:
    where = "header " if told["in"] == "header" else ""
    needed = "" if told.get("required") else ", may be left out"
    text = f"{where}{kind(told['schema'])}{bounds(told['schema'])}{needed}"
    return row(told["name"], text, told.get("description", ""))


def thing(name: str, schema: Document) -> str:
    required = schema.get("required", ())
    rows = [
        row(
            field,
            f"{kind(each)}{bounds(each)}{'' if field in required else ', may be left out'}",
            each.get("description", ""),
        )
        for field, each in schema.get("properties", {}).items()
    ]
    content = table(rows) if rows else f"<p>{kind(schema)}</p>"
    text = f"<p class='soft'>{escape(schema.get('description', ''))}</p>"
    head = f"<h3><code>{escape(name)}</code></h3>"
    return f"<article id='{escape(name)}'>{head}{text}{content}</article>"


def kind(schema: Document) -> str:
    """What a value is, in a few words, with links to the things of their own."""
    if ref := schema.get("$ref"):
        name = escape(ref.removeprefix(SCHEMAS))
        return f"<a href='#{name}'>{name}</a>"
    if choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return " or ".join(kind(each) for each in choices)
    if values := schema.get("enum"):
        return " or ".join(f"<code>{escape(str(each))}</code>" for each in values)
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    return escape(str(schema.get("format") or schema.get("type") or "anything"))


def bounds(schema: Document) -> str:
    """What limits a value, or the one choice of it that is not nothing."""
    choices = schema.get("anyOf", ())
    held: Document = next((each for each in choices if each.get("type") != "null"), {})
    known = {**held, **schema}
    told = [text.format(plain(known[key])) for key, text in BOUNDS.items() if key in known]
    return escape("".join(f", {each}" for each in told))


def plain(value: Any) -> Any:
    """Numbers as people write them, whatever a library made of them."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def table(rows: Iterable[str]) -> str:
    return f"<div class='wide'><table>{''.join(rows)}</table></div>"


def row(name: str, kind: str, text: str) -> str:
    return f"<tr><td><code>{escape(name)}</code></td><td>{kind}</td><td>{escape(text)}</td></tr>"
