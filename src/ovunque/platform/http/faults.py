"""What is wrong with a request, part by part, whichever library found it.

A part of the body is named by a JSON pointer (RFC 6901), a parameter by where it stands:
`query:limit`, `path:code`, `header:if-match`. Nothing of the input is repeated but short names.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.text import is_clean

FAULTS_MAX = 20
NAME_LENGTH_SHOWN = 64
DETAIL_LENGTH_MAX = 300

T = TypeVar("T")
Codes = Sequence[tuple[re.Pattern[str], str]]

# What the libraries say, tried in this order, and what we call it.
PYDANTIC_CODES: Codes = (
    (re.compile("missing"), "missing"),
    (re.compile("extra_forbidden"), "unknown_field"),
    (re.compile("too_long|too_short|greater_than|less_than|multiple_of"), "out_of_bounds"),
    (re.compile("^enum$|^literal_error$"), "not_allowed"),
    (re.compile("_type$|_parsing$|_from_float$"), "wrong_type"),
)
MSGSPEC_CODES: Codes = (
    (re.compile("^Object missing"), "missing"),
    (re.compile("^Object contains unknown"), "unknown_field"),
    (re.compile("^Invalid enum value"), "not_allowed"),
    (re.compile("^Expected `[^`]*` (?:of length )?[<>=]"), "out_of_bounds"),
    (re.compile("^Expected `[^`]*` that's a multiple"), "out_of_bounds"),
    (re.compile("^Expected `[^`]*`, got"), "wrong_type"),
)
OTHERWISE = "malformed"
KIND = "kind="  # Of what stands there, among several kinds: no step of a pointer.
DETAILS: Mapping[str, str] = {
    "missing": "This is required.",
    "unknown_field": "There is no such field here.",
    "not_allowed": "Not one of the values allowed here.",
}
MSGSPEC_FIELD = re.compile("field `(.*)`", re.DOTALL)
MSGSPEC_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def pointer(parent: str, step: str | int) -> str:
    """One step further down a JSON pointer; a long name is cut, a foul one hidden."""
    if isinstance(step, int):
        return f"{parent}/{step}"
    name = step[:NAME_LENGTH_SHOWN] if is_clean(step) else "?"
    return f"{parent}/{name.replace('~', '~0').replace('/', '~1')}"


def refusal_of(faults: Sequence[Fault]) -> Refusal:
    """The refusal that names them all and words the first."""
    first = faults[0]
    detail = f"{first.pointer}: {first.detail}" if first.pointer else first.detail
    return Refusal("invalid", detail=detail, errors=tuple(faults))


def faults_of_pydantic(errors: Iterable[Mapping[str, Any]]) -> tuple[Fault, ...]:
    """The faults behind pydantic's errors, at most `FAULTS_MAX`."""
    return tuple(
        _fault_of_pydantic(each) for each, _ in zip(errors, range(FAULTS_MAX), strict=False)
    )


def convert(document: Any, wanted: type[T]) -> T:
    """A parsed document as a msgspec struct, or the refusal that names its first fault."""
    try:
        return msgspec.convert(document, wanted)
    except msgspec.ValidationError as error:
        raise refusal_of((_fault_of_msgspec(str(error)),)) from None


def _fault_of_pydantic(error: Mapping[str, Any]) -> Fault:
    code = _code(PYDANTIC_CODES, error["type"])
    told = str(error["msg"]).removeprefix("Value error, ")
    detail = DETAILS.get(code, told)[:DETAIL_LENGTH_MAX]
    place, *steps = error["loc"] or ("body",)
    if place == "body":
        at = ""
        for step in steps:
            is_kind = isinstance(step, str) and step.startswith(KIND)
            at = at if is_kind else pointer(at, step)
        return Fault(at, code, detail)
    name = pointer("", str(steps[0]) if steps else "")[1:].lower()
    return Fault(f"{place}:{name}", code, detail)


def _fault_of_msgspec(message: str) -> Fault:
    told, _, path = message.rpartition(" - at `$")
    told = told or message
    code = _code(MSGSPEC_CODES, told)
    at = ""
    for name, nth in MSGSPEC_STEP.findall(path.partition("[...]")[0].removesuffix("`")):
        at = pointer(at, int(nth) if nth else name)
    if code in ("missing", "unknown_field") and (field := MSGSPEC_FIELD.search(told)):
        at = pointer(at, field[1])
    return Fault(at, code, DETAILS.get(code, told.replace("`", ""))[:DETAIL_LENGTH_MAX])


def _code(codes: Codes, said: str) -> str:
    return next((code for pattern, code in codes if pattern.search(said)), OTHERWISE)
