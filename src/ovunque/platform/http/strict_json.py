"""The one JSON parser of every route: what it lets through means one thing only.

The standard parser takes NaN, keeps the last of two equal keys, recurses as deep as it is told
and hands on text that no database stores. Here each of these is answered, with a pointer.
"""

import json
import re
from math import isinf
from typing import Any, NoReturn

from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.text import FORBIDDEN, is_clean, normal
from ovunque.platform.http.faults import pointer, refusal_of

DEPTH_MAX = 32
DIGITS_MAX = 15
DECIMAL_LENGTH_MAX = 40

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Escapes that can hide a control character, a surrogate or a combining mark.
ESCAPES = re.compile(r"\\[ubf]")
# A string left open runs to the end: one pass is enough, whatever the quotes.
STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
AS_BRACES = bytes.maketrans(b"[]", b"{}")
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))

Pairs = list[tuple[str, Any]]


class _Wrong(Exception):  # noqa: N818 - carries a fault of the document, none of ours
    """A part that we do not take; where it stands is looked up afterwards."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def parse(body: bytes) -> Any:
    """The document, its text in NFC; refused as `malformed_json`, or `invalid` with a pointer."""
    text = _decode(body)
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX and _is_deep(body):
        detail = f"more than {DEPTH_MAX} levels deep, or its brackets do not match"
        raise Refusal("malformed_json", detail=detail)
    try:
        document = _decoder.decode(text)
    except _Wrong as wrong:
        _refuse_with_pointer(text, wrong)
    except json.JSONDecodeError as error:
        detail = f"{error.msg}, line {error.lineno}, column {error.colno}"
        raise Refusal("malformed_json", detail=detail) from None
    return _cleaned(document, "") if _is_suspicious(text) else document


def _decode(body: bytes) -> str:
    if not body:
        raise Refusal("malformed_json", detail="it is empty")
    if body.startswith(BYTE_ORDER_MARK):
        raise Refusal("malformed_json", detail="it starts with a byte order mark")
    try:
        return normal(body.decode())
    except UnicodeDecodeError as error:
        raise Refusal("malformed_json", detail=f"not UTF-8 at byte {error.start}") from None


def _is_deep(body: bytes) -> bool:
    """Peel the brackets from inside: any depth costs a few passes and no recursion."""
    brackets = STRINGS.sub(b"", body).translate(AS_BRACES, NO_BRACKETS)
    for _ in range(DEPTH_MAX):
        before, brackets = brackets, brackets.replace(b"{}", b"")
        if len(before) == len(brackets):
            break
    return bool(brackets)


def _is_suspicious(text: str) -> bool:
    """Control characters below a blank cannot stand raw in JSON: the parser has seen to them."""
    if "\\" in text and ESCAPES.search(text):
        return True
    if text.isascii():
        return "\x7f" in text
    return FORBIDDEN.search(text) is not None


def _integer(text: str) -> int:
    if len(text) > DIGITS_MAX and len(text.lstrip("-")) > DIGITS_MAX:
        raise _Wrong("out_of_bounds", f"More than {DIGITS_MAX} digits.")
    return int(text)


def _decimal(text: str) -> float:
    if len(text) > DECIMAL_LENGTH_MAX:
        raise _Wrong("out_of_bounds", f"More than {DECIMAL_LENGTH_MAX} characters for a number.")
    number = float(text)
    if isinf(number):
        raise _Wrong("out_of_bounds", "Too large a number.")
    return number


def _constant(name: str) -> NoReturn:
    raise _Wrong("wrong_type", f"{name} is no number in JSON.")


def _object(pairs: Pairs) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Wrong("duplicate_key", "A field is named twice.")
    return members


def _cleaned(part: Any, at: str) -> Any:
    if isinstance(part, str):
        if not is_clean(part):
            detail = "A control character, or half of one that takes two."
            raise refusal_of((Fault(at, "control_character", detail),))
        return normal(part)
    if isinstance(part, list):
        return [_cleaned(each, pointer(at, nth)) for nth, each in enumerate(part)]
    if not isinstance(part, dict):
        return part
    pairs = [(_cleaned(name, at), _cleaned(each, pointer(at, name))) for name, each in part.items()]
    try:
        return _object(pairs)
    except _Wrong as wrong:  # Two spellings of one name.
        raise refusal_of((Fault(at, wrong.code, wrong.detail),)) from None


def _refuse_with_pointer(text: str, first: _Wrong) -> NoReturn:
    """Parse again, leaving a mark in the place of what we do not take, and look where it is."""
    try:
        fault = _marked(_marking.decode(text), "")
    except json.JSONDecodeError:
        fault = None  # It also breaks off further on: the first fault is told, without its place.
    raise refusal_of((fault or Fault("", first.code, first.detail),)) from None


def _marked(part: Any, at: str) -> Fault | None:
    if isinstance(part, _Wrong):
        return Fault(at, part.code, part.detail)
    if isinstance(part, dict):
        steps = [(pointer(at, name), each) for name, each in part.items()]
    elif isinstance(part, list):
        steps = [(pointer(at, nth), each) for nth, each in enumerate(part)]
    else:
        return None
    found = (_marked(each, place) for place, each in steps)
    return next((fault for fault in found if fault), None)


def _mark(hook: Any) -> Any:
    def marking(told: Any) -> Any:
        try:
            return hook(told)
        except _Wrong as wrong:
            return wrong

    return marking


_decoder = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_decimal,
    parse_constant=_constant,
)
_marking = json.JSONDecoder(
    object_pairs_hook=_mark(_object),
    parse_int=_mark(_integer),
    parse_float=_mark(_decimal),
    parse_constant=_mark(_constant),
)
