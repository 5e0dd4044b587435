"""What a cell may hold: its text in a CSV file, its value with us, its value in a JSON line."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from ovunque.integrations.files.bad import Wrong
from ovunque.kernel.spans import Span, parse_span, text_of_span

CELL_LENGTH_MAX = 10_000
ENTRIES_MAX = 1_000  # Of one list: rooms allow far fewer.
YEAR_MIN = 1970

INTEGER = re.compile("-?[0-9]{1,9}")
DEGREES = re.compile(r"(-?)([0-9]{1,3})(?:\.([0-9]{1,6}))?")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)

KILOGRAMS = re.compile(r"([0-9]{1,4})(?:\.([0-9]{1,5}))?")

CLOCK_TIME = re.compile("([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")

DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A type of column. `of_json` gives the text that would stand in a CSV file."""

    parse: Callable[[str], Any]
    text: Callable[[Any], str]
    of_json: Callable[[Any], str]
    to_json: Callable[[Any], Any] = lambda value: value
    guarded: bool = False  # Text that a spreadsheet might take for a formula.
    may_lack: bool = False  # A JSON line may leave it out.


def refuse_long(text: str) -> None:
    if len(text) > CELL_LENGTH_MAX:
        raise Wrong("too_long", f"This value has more than {CELL_LENGTH_MAX} characters.")


def parse_text(text: str) -> str:
    if not text:
        raise Wrong("missing", "This is required.")
    return text


def parse_integer(text: str) -> int:
    """Digits of ASCII alone: `int` would take blanks, underscores and the digits of any script."""
    if INTEGER.fullmatch(text) is None:
        raise Wrong("wrong_type", "This is not a whole number of up to 9 digits.")
    return int(text)


def parse_degrees(text: str) -> int:
    """Millionths of a degree."""
    match = DEGREES.fullmatch(text)
    if match is None:
        raise Wrong("wrong_type", "These are not degrees such as 45.464211, up to 6 decimals.")
    sign, whole, decimals = match.groups(default="")
    return int(f"{sign}{whole}{decimals.ljust(6, '0')}")


def text_of_degrees(value_e6: int) -> str:
    whole, decimals = divmod(abs(value_e6), 1_000_000)
    text = f"{'-' * (value_e6 < 0)}{whole}.{decimals:06}".rstrip("0")
    return text.removesuffix(".")


def parse_instant(text: str) -> datetime:
    """RFC 3339 with its zone, in UTC."""
    if INSTANT.fullmatch(text) is None:
        raise Wrong("wrong_type", "This is not an instant such as 2026-03-02T18:30:00+01:00.")
    try:
        instant = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong("out_of_bounds", "There is no such instant.") from None
    if instant.year < YEAR_MIN:
        raise Wrong("out_of_bounds", f"This is before {YEAR_MIN}.")
    return instant


def text_of_instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_clock(text: str) -> time:
    """A time of day, in the zone of the place it is about."""
    if CLOCK_TIME.fullmatch(text) is None:
        raise Wrong("wrong_type", "This is not a time of day such as 17:30.")
    return time.fromisoformat(text)


def text_of_clock(value: time) -> str:
    return value.isoformat("auto" if value.second or value.microsecond else "minutes")


def parse_kilos(text: str) -> int:
    """Kilograms with up to 5 decimals, as 10⁻⁵ kg."""
    match = KILOGRAMS.fullmatch(text)
    if match is None:
        raise Wrong("wrong_type", "These are not kilograms such as 0.63130, up to 5 decimals.")
    whole, decimals = match.groups(default="")
    return int(whole + decimals.ljust(5, "0"))


def text_of_kilos(value_f5: int) -> str:
    whole, decimals = divmod(value_f5, 100_000)
    return f"{whole}.{decimals:05}"


def parse_list(text: str) -> tuple[str, ...]:
    """`a;b`: an entry is never empty, no entries are an empty cell."""
    if not text:
        return ()
    entries = tuple(text.split(";"))
    if "" in entries:
        raise Wrong("malformed", "Between two semicolons stands nothing.")
    if len(entries) > ENTRIES_MAX:
        raise Wrong("out_of_bounds", f"This list has more than {ENTRIES_MAX} entries.")
    return entries


def parse_pairs(text: str) -> tuple[tuple[str, int], ...]:
    """`a:1;b:2`."""
    pairs = []
    for entry in parse_list(text):
        name, colon, number = entry.rpartition(":")
        if not colon or not name:
            raise Wrong("malformed", "This is not a list such as COAT:1;SCARF:2.")
        pairs.append((name, parse_integer(number)))
    return tuple(pairs)


def text_of_pairs(value: tuple[tuple[object, int], ...]) -> str:
    return ";".join(f"{name}:{number}" for name, number in value)


def string_of_json(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Wrong("wrong_type", "This is not text.")
    return value


def integer_of_json(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong("wrong_type", "This is not a whole number.")
    return str(value)


def degrees_of_json(value: Any) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Wrong("wrong_type", "These are not degrees.")
    text = f"{value:.6f}"
    if float(text) != value:
        raise Wrong("wrong_type", "These degrees have more than 6 decimals.")
    return text


def list_of_json(value: Any) -> str:
    if not isinstance(value, list):
        raise Wrong("wrong_type", "This is not a list.")
    entries = [string_of_json(each) for each in value]
    if any(not each or ";" in each for each in entries):
        raise Wrong("malformed", "An entry is empty or has a semicolon.")
    return ";".join(entries)


def integers_of_json(value: Any) -> str:
    if not isinstance(value, list):
        raise Wrong("wrong_type", "This is not a list.")
    return ";".join(integer_of_json(each) for each in value)


def pairs_of_json(value: Any) -> str:
    if not isinstance(value, dict):
        raise Wrong("wrong_type", "This is not an object of numbers.")
    if any(not name or ";" in name for name in value):
        raise Wrong("malformed", "A name is empty or has a semicolon.")
    return ";".join(f"{name}:{integer_of_json(each)}" for name, each in value.items())


def parse_spans(text: str) -> tuple[Span, ...]:
    """`10:00-13:00;15:00-19:30`; an empty cell has no hours."""
    spans = [parse_span(entry) for entry in parse_list(text)]
    if None in spans:
        raise Wrong("malformed", "These are not hours such as 10:00-13:00;15:00-19:30.")
    return tuple(each for each in spans if each is not None)


def parse_day(text: str) -> date:
    if DAY.fullmatch(text) is None:
        raise Wrong("wrong_type", "This is not a day such as 2026-08-15.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong("out_of_bounds", "There is no such day.") from None


def optional(cell: Cell) -> Cell:
    """The same, or nothing: an empty cell, null in JSON."""
    return Cell(
        parse=lambda text: cell.parse(text) if text else None,
        text=lambda value: "" if value is None else cell.text(value),
        of_json=lambda value: "" if value is None else cell.of_json(value),
        to_json=lambda value: None if value is None else cell.to_json(value),
        guarded=cell.guarded,
        may_lack=True,
    )


TEXT = Cell(parse=parse_text, text=str, of_json=string_of_json, guarded=True)
WHOLE = Cell(parse=parse_integer, text=str, of_json=integer_of_json)
PLACE = Cell(
    parse=parse_degrees,
    text=text_of_degrees,
    of_json=degrees_of_json,
    to_json=lambda value_e6: value_e6 / 1_000_000,
)
MOMENT = Cell(
    parse=parse_instant, text=text_of_instant, of_json=string_of_json, to_json=text_of_instant
)
KILOS = Cell(parse=parse_kilos, text=text_of_kilos, of_json=string_of_json, to_json=text_of_kilos)
LIST = Cell(parse=parse_list, text=";".join, of_json=list_of_json, to_json=list, guarded=True)
WHOLES = Cell(
    parse=lambda text: tuple(parse_integer(each) for each in parse_list(text)),
    text=lambda value: ";".join(map(str, value)),
    of_json=integers_of_json,
    to_json=list,
)
RATES = Cell(
    parse=lambda text: tuple((parse_integer(name), each) for name, each in parse_pairs(text)),
    text=text_of_pairs,
    of_json=pairs_of_json,
    to_json=lambda pairs: {str(name): each for name, each in pairs},
)
CLOCK = Cell(parse=parse_clock, text=text_of_clock, of_json=string_of_json, to_json=text_of_clock)
SPANS = Cell(
    parse=parse_spans,
    text=lambda spans: ";".join(map(text_of_span, spans)),
    of_json=list_of_json,
    to_json=lambda spans: [*map(text_of_span, spans)],
)
DAY_CELL = Cell(parse=parse_day, text=str, of_json=string_of_json, to_json=str)
PAIRS = Cell(
    parse=parse_pairs, text=text_of_pairs, of_json=pairs_of_json, to_json=dict, guarded=True
)

NONE = optional(TEXT)  # Text, or none.
NUMBER = optional(WHOLE)
DATE = optional(DAY_CELL)
