"""What nobody should send, and what everybody once receives."""

import json
from collections.abc import Iterator
from typing import Any

PLACE = "here stands what is tried"
LEAF_TRIES = 12  # Values tried in one place: over all places of a route each value has its turn.

# Whole bodies that fit no route.
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n ",
    "null": b"null",
    "true": b"true",
    "a number": b"5",
    "a text": b'"text"',
    "a list": b"[]",
    "a list of lists": b"[[[]]]",
    "no fields": b"{}",
    "NaN": b"NaN",
    "infinity": b"[Infinity]",
    "minus infinity": b'{"quantity":-Infinity}',
    "beyond floats": b'{"quantity":1e999}',
    "below floats": b'{"quantity":-1e999}',
    "an endless number": b'{"quantity":' + b"9" * 4_000 + b"}",
    "an endless fraction": b'{"quantity":0.' + b"9" * 4_000 + b"}",
    "the same key twice": b'{"code":"a","code":"b"}',
    "the same key twice within": b'{"lines":[{"sku":"a","sku":"b"}]}',
    "a deep list": b"[" * 100_000,
    "a deep object": b'{"a":' * 100_000,
    "a deep list that ends": b"[" * 1_000 + b"]" * 1_000,
    "33 levels": b"[" * 33 + b"]" * 33,
    "a wide list": b"[" + b"0," * 200_000 + b"0]",
    "many keys": json.dumps({f"k{nth}": nth for nth in range(20_000)}).encode(),
    "a long key": json.dumps({"k" * 200_000: 1}).encode(),
    "a long text": json.dumps({"name": "x" * 900_000}).encode(),
    "too much": b" " * 1_000_001,
    "cut off": b'{"code":"a"',
    "cut off in a text": b'{"code":"a',
    "cut off in an escape": b'{"code":"\\u00',
    "two documents": b"{}{}",
    "a comma too many": b'{"code":"a",}',
    "single quotes": b"{'code':'a'}",
    "a comment": b"/* */{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"code":"a"}'.encode("utf-16"),
    "Latin-1": b'{"name":"Citt\xe0"}',
    "half a character": b'{"name":"\xc3"}',
    "an overlong character": b'{"name":"\xc0\xaf"}',
    "a surrogate": b'{"name":"\xed\xa0\x80"}',
    "a surrogate escaped": b'{"name":"\\ud800"}',
    "NUL": b'{"name":"\x00"}',
    "NUL escaped": b'{"name":"\\u0000"}',
    "NUL in a key": b'{"\\u0000":1}',
    "a control character": b'{"name":"\\u0007"}',
    "a raw line end": b'{"name":"a\nb"}',
    "a form": b"code=a&name=b",
    "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "YAML": b"code: !!python/object/apply:os.system [id]",
    "a pickle": b"cos\nsystem\n(S'id'\ntR.",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "a prototype": b'{"__proto__":{"admin":true},"constructor":{}}',
}

# JSON texts that stand in the place of one field.
VALUES: dict[str, str] = {
    "null": "null",
    "true": "true",
    "zero": "0",
    "minus one": "-1",
    "minus zero": "-0",
    "a fraction": "1.5",
    "a small fraction": "1e-300",
    "beyond 32 bits": "2147483648",
    "beyond every bound": "999999999999999",
    "beyond 15 digits": "9999999999999999",
    "beyond 64 bits": "18446744073709551616",
    "beyond floats": "1e999",
    "NaN": "NaN",
    "no text": '""',
    "a blank": '" "',
    "a number as text": '"1"',
    "other digits": '"\u0661\u0662"',
    "a long text": json.dumps("x" * 50_000),
    "a list": "[]",
    "a list of one": '["a"]',
    "a long list": json.dumps([1] * 20_000),
    "an object": "{}",
    "an operator": '{"$gt":""}',
    "SQL": json.dumps("a'; drop table item; --"),
    "SQL in a pattern": '"%_\\\\"',
    "a format": '"%(name)s {0} %s"',
    "a path": '"../../../../etc/passwd"',
    "markup": '"<script>alert(1)</script>"',
    "a template": '"{{7*7}}${7*7}"',
    "an address": '"http://169.254.169.254/latest/meta-data/"',
    "NUL": '"a\\u0000b"',
    "a surrogate": '"\\ud83d"',
    "a control character": '"a\\u0007"',
    "a line end": '"a\\r\\nSet-Cookie: x=1"',
    "right to left": '"\u202egnp.exe"',
    "no width": '"a\u200bb"',
    "a combining mark": '"e\u0301"',
    "many combining marks": json.dumps("e" + "\u0301" * 5_000),
    "an emoji": '"\U0001f9e5"',
    "a noncharacter": '"\\uffff"',
    "Turkish": '"\u0130\u0131"',
    "a date that is none": '"2026-02-30T00:00:00Z"',
    "before all dates": '"0001-01-01T00:00:00+14:00"',
    "after all dates": '"9999-12-31T23:59:59-14:00"',
    "a date without zone": '"2026-03-02T09:00:00"',
    "an id that is none": '"ord_zzzzzzzzzzzzzzzzzzzzzzzzzz"',
    "somebody's id": '"ord_01jd8m4z6vf2a9t3k5w7x0y1q8"',
}

ADDRESSES = (
    "nobody",
    "ord_01jd8m4z6vf2a9t3k5w7x0y1q8",
    "cus_01jd8m4z6vf2a9t3k5w7x0y1q8",
    "key_01jd8m4z6vf2a9t3k5w7x0y1q8",
    "ord_zzzzzzzzzzzzzzzzzzzzzzzzzz",
    "ORD_01JD8M4Z6VF2A9T3K5W7X0Y1Q8",
    "%00",
    "a%00b",
    "%0d%0aSet-Cookie:%20x=1",
    "%1b[31m",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "%ff%fe",
    "%c3%28",
    "%ed%a0%80",
    "%F0%9F%A7%A5",
    "%D9%A1%D9%A2",
    "%27%3B%20drop%20table%20item%3B--",
    "%25s%25n",
    "1e999",
    "-1",
    "null",
    "%20",
    "x" * 3_000,
)
QUERIES = (
    "",
    "0",
    "-1",
    "201",
    "1e9",
    "1.0",
    "9" * 400,
    "%D9%A1",
    "1_0",
    "%201",
    "NaN",
    "true",
    "null",
    "%00",
    "a%00",
    "%0a",
    "%ff",
    "%ed%a0%80",
    "%25",
    "%27%20or%201=1--",
    "[]",
    "..%2f",
    "x" * 5_000,
    "ZZZZ",
    "2026-02-30",
)
KEYS = (b"", b" ", b"\x80", "ü".encode(), b"a\tb", b"x" * 256, b"'; drop table item;--", b'"')
IF_MATCHES = (b"", b"3", b'"', b'W/"1"', b'"-1"', b'"99999999999"', b'"1", "2"', b"\xff", b"null")
CONTENT_TYPES = (
    b"",
    b"text/plain",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"application/xml",
    b"application/json, text/plain",
    b"application/x-python",
    b"\xff",
)
CREDENTIALS = (
    b"",
    b"Bearer",
    b"Bearer ",
    b"Bearer \xff",
    b"Bearer ovq_",
    b"Bearer ovq_" + b"a" * 43,
    b"Bearer ovq_" + b"a" * 10_000,
    b"Basic YWRtaW46YWRtaW4=",
    b"Bearer null",
    b"bearer\tx",
)


def mutations(body: Any) -> Iterator[tuple[str, bytes]]:
    """The sound body with one thing wrong, once for each thing."""
    names = list(VALUES)
    for nth, path in enumerate(places(body)):
        shown = "/".join(map(str, path))
        for step in range(LEAF_TRIES):
            name = names[(nth * LEAF_TRIES + step) % len(names)]
            yield f"{name} in {shown}", planted(body, path, VALUES[name])
        if isinstance(found(body, path), str):  # Where a pattern ends with `$`, this slips through.
            behind = json.dumps(f"{found(body, path)}\n")
            yield f"a line end behind {shown}", planted(body, path, behind)
        if isinstance(path[-1], str):
            yield f"without {shown}", json.dumps(changed(body, path, remove=True)).encode()
    for path in objects(body):
        beside = changed(body, (*path, "unknown_field"), 1)
        yield f"one more in {'/'.join(map(str, path))}", json.dumps(beside).encode()


def places(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where something stands; of a list the first only."""
    if path:
        yield path
    if isinstance(body, dict):
        for name, each in body.items():
            yield from places(each, (*path, name))
    elif isinstance(body, list) and body:
        yield from places(body[0], (*path, 0))


def objects(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(body, dict):
        yield path
        for name, each in body.items():
            yield from objects(each, (*path, name))
    elif isinstance(body, list) and body:
        yield from objects(body[0], (*path, 0))


def found(body: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        body = body[step]
    return body


def planted(body: Any, path: tuple[str | int, ...], text: str) -> bytes:
    """The body with a JSON text, sound or not, in one place."""
    told = json.dumps(changed(body, path, PLACE))
    return told.replace(json.dumps(PLACE), text).encode(errors="surrogatepass")


def changed(
    body: Any, path: tuple[str | int, ...], value: Any = None, *, remove: bool = False
) -> Any:
    copy = json.loads(json.dumps(body))
    inner, last = found(copy, path[:-1]), path[-1]
    if remove:
        del inner[last]
    else:
        inner[last] = value
    return copy
