"""Checks that every row from outside passes, and how a batch of rows is refused."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.text import is_clean, is_code, normal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

K = TypeVar("K")
Faults = tuple[Fault, ...]

ROWS_MAX = 1_000  # Of one call: whoever reads the journal waits for the longest transaction.
TEXT_MAX = 200
LISTED_MAX = 250  # Entries of one list in a row: groups, countries, categories.
COUNTRY = re.compile("[A-Z]{2}")
CURRENCY = re.compile("[A-Z]{3}")
LANGUAGE = re.compile("[a-z]{2}(-[A-Z]{2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a batch of rows did; unchanged rows wrote nothing."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


def code(pointer: str, value: str) -> Faults:
    """A retailer's own code."""
    if is_code(value):
        return ()
    sentence = "A code is 1 to 64 letters, digits and . _ / + - between letters or digits."
    return (Fault(pointer, "malformed", sentence),)


def text(pointer: str, value: str | None, length_max: int = TEXT_MAX) -> Faults:
    """Text that somebody can read; none at all is the caller's own question."""
    if value is None:
        return ()
    if not value.strip():
        return (Fault(pointer, "malformed", "This text is blank."),)
    if not is_clean(value) or normal(value) != value:
        return (Fault(pointer, "malformed", "This text has control characters, or is not NFC."),)
    if len(value) > length_max:
        sentence = f"This text has {len(value)} characters, at most {length_max} are taken."
        return (Fault(pointer, "out_of_bounds", sentence),)
    return ()


def within(pointer: str, value: int | None, low: int, high: int) -> Faults:
    """A number between two bounds, both included."""
    if value is None or low <= value <= high:
        return ()
    return (Fault(pointer, "out_of_bounds", f"This number is not between {low} and {high}."),)


def one_of(pointer: str, value: str, allowed: type[StrEnum]) -> Faults:
    """One of the words that we know."""
    if value in allowed._value2member_map_:
        return ()
    return (Fault(pointer, "unknown_value", f"Say one of {', '.join(allowed)}."),)


def shaped(pointer: str, value: str, shape: re.Pattern[str], example: str) -> Faults:
    """Text of one shape, such as the two capital letters of a country."""
    if shape.fullmatch(value):
        return ()
    return (Fault(pointer, "malformed", f"This has another shape than {example}."),)


def country(pointer: str, value: str) -> Faults:
    return shaped(pointer, value, COUNTRY, "IT")


def language(pointer: str, value: str) -> Faults:
    return shaped(pointer, value, LANGUAGE, "it or de-CH")


def each_of(pointer: str, values: Sequence[str], check: Callable[[str, str], Faults]) -> Faults:
    """The faults of every entry of a list."""
    if len(values) > LISTED_MAX:
        sentence = f"{len(values)} entries are too many, at most {LISTED_MAX} are taken."
        return (Fault(pointer, "out_of_bounds", sentence),)
    return tuple(
        fault for at, value in enumerate(values) for fault in check(f"{pointer}/{at}", value)
    )


def some(pointer: str, values: Collection[object]) -> Faults:
    """A list with at least one entry."""
    return () if values else (Fault(pointer, "out_of_bounds", "At least one is needed."),)


def known(pointer: str, value: str, existing: Collection[str]) -> Faults:
    """The code of something that exists; what is no code has been told already."""
    if value in existing or not is_code(value):
        return ()
    return (Fault(pointer, "unknown_reference", f"There is no {value}."),)


def codes_of(values: Iterable[str]) -> frozenset[str]:
    """What can be looked up: well-formed codes, each once."""
    return frozenset(filter(is_code, values))


def repeated(pointer: str, keys: Iterable[object]) -> list[Faults]:
    """For each row the fault of naming what a row before it names."""
    seen: set[object] = set()
    found: list[Faults] = []
    for key in keys:
        fault = Fault(pointer, "duplicate", "A row before this one names the same.")
        found.append((fault,) if key in seen else ())
        seen.add(key)
    return found


def differs(standing: object | None, request: "DataclassInstance") -> bool:
    """Whether any field of the request is not what stands already, if anything does."""
    return standing is None or any(
        getattr(standing, each.name) != getattr(request, each.name) for each in fields(request)
    )


def tally(asked: int, fresh: Collection[K], standing: Collection[K]) -> Saved:
    """How the keys that were written, of so many asked, divide into new and changed ones."""
    created = sum(key not in standing for key in fresh)
    return Saved(created=created, changed=len(fresh) - created, unchanged=asked - len(fresh))


def refuse_faults(rows: Sequence[Faults]) -> None:
    """Refuse the whole batch if any row has a fault, each named by its row."""
    named = tuple(
        Fault(f"/{row}{fault.pointer}", fault.code, fault.detail)
        for row, faults in enumerate(rows)
        for fault in faults
    )
    if named:
        raise Refusal("invalid", errors=named, detail=named[0].detail)


def refuse_conflict(standing: Mapping[Any, Versioned], expected_version: int | None) -> None:
    """Refuse to write over what somebody else has changed meanwhile, or what is not there."""
    if expected_version is None:
        return
    version = next((each.version for each in standing.values()), 0)
    if version != expected_version:
        raise Refusal("version_conflict", expected=expected_version, version=version)


@contextmanager
def faults_of_one() -> Iterator[None]:
    """Pointers into a batch of one become pointers into the one."""
    try:
        yield
    except Refusal as refusal:
        if refusal.code != "invalid":
            raise
        errors = tuple(
            Fault(each.pointer.removeprefix("/0"), each.code, each.detail)
            for each in refusal.errors
        )
        raise Refusal("invalid", errors=errors, **refusal.details) from None
