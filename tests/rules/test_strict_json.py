"""One meaning for every document: what is ambiguous, endless or unstorable is refused."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_clean
from ovunque.platform.http.strict_json import DEPTH_MAX, parse


def fault(body: bytes) -> tuple[str, str]:
    with pytest.raises(Refusal) as refused:
        parse(body)
    assert refused.value.code == "invalid"
    (found,) = refused.value.errors
    return found.code, found.pointer


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b'{"sku":"A","quantity":NaN}', "wrong_type", "/quantity"),
        (b"[1, Infinity]", "wrong_type", "/1"),
        (b"-Infinity", "wrong_type", ""),
        (b'{"a":[{"b":1e999}]}', "out_of_bounds", "/a/0/b"),
        (b"[-1e400]", "out_of_bounds", "/0"),
        (b'{"n":1234567890123456}', "out_of_bounds", "/n"),
        (b'{"n":-' + b"9" * 5_000 + b"}", "out_of_bounds", "/n"),
        (b'{"n":0.' + b"1" * 5_000 + b"}", "out_of_bounds", "/n"),
        (b'{"quantity":1,"quantity":999}', "duplicate_key", ""),
        (b'{"lines":[{"a":1},{"b":1,"b":2}]}', "duplicate_key", "/lines/1"),
        (b'{"a":"x\\u0000y"}', "control_character", "/a"),
        (b'{"a":["\\b"]}', "control_character", "/a/0"),
        (b'{"a":"\\ud800"}', "control_character", "/a"),
        (b'{"a":"\\udc00\\ud800"}', "control_character", "/a"),
        (b'{"a":"\x7f"}', "control_character", "/a"),
        ('{"a":"\x85"}'.encode(), "control_character", "/a"),
        (b'{"a\\u0001":1}', "control_character", ""),
        ('{"\u00e9":1,"e\\u0301":2}'.encode(), "duplicate_key", ""),
        (b'{"a/b~c":{"d":NaN}}', "wrong_type", "/a~1b~0c/d"),
        (b"[NaN, and then nothing", "wrong_type", ""),
    ],
)
def test_what_means_two_things_or_none_is_named(body: bytes, code: str, pointer: str) -> None:
    assert fault(body) == (code, pointer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'"\xed\xa0\x80"',
        b'{"a":"\xc3"}',
        b'{"a":"\x00"}',
        b'{"a":"\n"}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":1}{"b":2}',
        b"[1,2",
        b'"open',
        b'"\\u12',
        b"nul",
        b"// nothing\n{}",
    ],
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        parse(body)
    assert refused.value.code == "malformed_json"


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"b":'])
def test_depth_has_an_end_whatever_is_nested(opening: bytes) -> None:
    for levels in (DEPTH_MAX + 1, 100_000):
        with pytest.raises(Refusal) as refused:
            parse(opening * levels)
        assert refused.value.code == "malformed_json"
    closing = {b"[": b"]", b"{": b"}"}
    ends = b"".join(closing[each] for each in (opening[:1], opening[1:2]) if each in closing)
    at_the_limit = DEPTH_MAX // len(ends)
    assert parse(opening * at_the_limit + b"1" + ends[::-1] * at_the_limit)


def test_brackets_within_text_are_no_depth() -> None:
    assert parse(json.dumps(["[{" * 100, '\\"[' * 50, "]" * 40]).encode())
    assert parse(b'{"a":"\\\\","[":"{"}') == {"a": "\\", "[": "{"}


def test_many_quotes_and_brackets_take_no_longer() -> None:
    """Each of these is a pitfall of some parser: they end before the time limit of a request."""
    for body in (b'"\\"' * 300_000, b'{"a":"' + b'\\"' * 400_000, b"[" * 900_000, b"[]," * 300_000):
        with pytest.raises(Refusal):
            parse(body)


def test_equal_looking_text_is_equal() -> None:
    decomposed = unicodedata.normalize("NFD", "Perché Zürich")
    assert parse(json.dumps(decomposed, ensure_ascii=False).encode()) == "Perché Zürich"
    assert parse(json.dumps(decomposed).encode()) == "Perché Zürich"
    assert parse(json.dumps({decomposed: 1}).encode()) == {"Perché Zürich": 1}


def test_tabs_and_line_ends_may_stay() -> None:
    assert parse(b'"one\\ttwo\\nthree\\r\\n"') == "one\ttwo\nthree\r\n"


def test_fifteen_digits_are_a_number() -> None:
    assert parse(b"[999999999999999,-999999999999999,0.5,1e3]") == [
        10**15 - 1,
        1 - 10**15,
        0.5,
        1e3,
    ]


leaves = (
    st.none()
    | st.booleans()
    | st.integers(1 - 10**15, 10**15 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text().map(lambda text: unicodedata.normalize("NFC", text)).filter(is_clean)
)
names = st.text(max_size=5).map(lambda text: unicodedata.normalize("NFC", text)).filter(is_clean)
documents = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=20
)


@given(document=documents, ascii_only=st.booleans())
def test_a_sound_document_is_what_it_was(document: Any, ascii_only: bool) -> None:
    body = json.dumps(document, ensure_ascii=ascii_only).encode()
    assert parse(body) == json.loads(body)


@given(body=st.binary(max_size=200) | st.text('[]{}":,\\u0d8 ENa1.e-', max_size=60).map(str.encode))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    try:
        document = parse(body)
    except Refusal as refused:
        assert refused.code in ("invalid", "malformed_json")  # noqa: PT017 - both are answers
    else:
        json.dumps(document, allow_nan=False).encode()
