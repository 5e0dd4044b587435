"""Many rows on their way to the database as one parameter: `unnest(%(lines)s::order_line_row[])`.

What is written for every order travels in the form in which the server keeps it: an array of a
composite type, in binary. As JSON it is lexed twice, hashed field by field and read from text,
which takes the server twice as long.

The form is that of `array_recv` and `record_recv` (PostgreSQL, src/backend/utils/adt): all
numbers big-endian, each value behind its type's number and its length, no value behind -1.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from struct import Struct, calcsize
from typing import Any

from msgspec import json
from psycopg import Connection, adapters, pq
from psycopg.adapt import Dumper
from psycopg.types import TypeInfo

SUFFIX = "_row"  # Of all types that are here for rows on their way.
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(2000, 1, 1).toordinal()
LENGTH = Struct(">i").pack
HEAD = Struct(">ii")
ARRAY = Struct(">iiIii").pack  # Dimensions, whether any is missing, type, size, first index.
TYPES = "select typname, oid, typarray from pg_type where typtype = 'c' and typname like %(like)s"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of the database: its number, and how a value becomes what `struct` packs."""

    oid: int
    code: str  # Of `struct`; none: as many bytes as the value has.
    value: str  # The Python of it, for a value called `{}`.


KINDS = {
    "uuid": Kind(2950, "16s", "{}.int.to_bytes(16)"),
    "int": Kind(23, "i", "{}"),
    "bigint": Kind(20, "q", "{}"),
    "boolean": Kind(16, "b", "{}"),
    "date": Kind(1082, "i", "days({})"),
    "timestamptz": Kind(1184, "q", "microseconds({})"),
    "text": Kind(25, "", "{}.encode()"),
    "bytea": Kind(17, "", "{}"),
    "jsonb": Kind(3802, "", "b'\\1' + json({})"),
}


def days(on: date) -> int:
    """Since the server's epoch."""
    return on.toordinal() - EPOCH_DAY


def microseconds(at: datetime) -> int:
    """The same."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows packed for a type; only a connection knows its number there."""

    type: str
    packed: list[bytes]


class RowType:
    """A composite type, with its columns as the database has them: `id uuid, nth int, at date?`.

    A `?` says that there may be no value.
    """

    def __init__(self, name: str, columns: str) -> None:
        self.name = name
        self.columns = [tuple(each.split()) for each in columns.split(",")]
        self._pack: Callable[..., bytes] = _compile(columns)

    def __call__(self, rows: Iterable[tuple[Any, ...]]) -> Rows:
        pack = self._pack
        return Rows(self.name, [pack(*row) for row in rows])


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the Python that packs a row: what `struct` packs by this code, or bytes."""

    code: str
    python: str


def _compile(columns: str) -> Callable[..., bytes]:
    """One expression for a whole row: it is evaluated some twenty times for every order."""
    names: dict[str, Any] = {"days": days, "microseconds": microseconds, "json": json.encode}
    kinds = [each.split()[1] for each in columns.split(",")]
    parts = [Part("i", str(len(kinds)))]
    for nth, told in enumerate(kinds):
        kind, value = KINDS[told.removesuffix("?")], f"c{nth}"
        some = _parts_of(kind, value)
        if told.endswith("?"):
            none = HEAD.pack(kind.oid, -1)
            some = [Part("", f"({none!r} if {value} is None else {_spell(some, names)})")]
        parts += some
    given = ", ".join(f"c{nth}" for nth in range(len(kinds)))
    packing: Callable[..., bytes] = eval(  # noqa: S307 - of nothing but our own words
        f"lambda {given}: {_spell(parts, names)}", names
    )
    return packing


def _parts_of(kind: Kind, value: str) -> list[Part]:
    """A value behind its type's number and its length."""
    packed = kind.value.format(value)
    if kind.code:
        size = calcsize(f">{kind.code}")
        return [Part(f"ii{kind.code}", f"{kind.oid}, {size}, {packed}")]
    return [Part("ii", f"{kind.oid}, len({value} := {packed})"), Part("", value)]


def _spell(parts: Sequence[Part], names: dict[str, Any]) -> str:
    """The Python of all: what is of known size and follows each other is packed together."""
    pieces: list[str] = []
    for is_packed, run in groupby(parts, key=lambda each: bool(each.code)):
        told = list(run)
        if is_packed:
            code = "".join(each.code for each in told)
            names[f"pack_{code}"] = Struct(f">{code}").pack
            pieces.append(f"pack_{code}({', '.join(each.python for each in told)})")
        else:
            pieces += [each.python for each in told]
    return " + ".join(pieces)


class RowsDumper(Dumper):
    """Rows as the connection's database takes them."""

    format = pq.Format.BINARY

    def dump(self, obj: Rows) -> bytes:
        assert self.connection is not None
        number = self.connection.adapters.types[obj.type].oid
        head = ARRAY(1, 0, number, len(obj.packed), 1)
        return head + b"".join([LENGTH(len(each)) + each for each in obj.packed])


adapters.register_dumper(Rows, RowsDumper)


def learn_types(connection: Connection[Any]) -> None:
    """Under which numbers this database has the types; none, where it was not made yet."""
    with connection.cursor() as cursor:
        for name, number, array in cursor.execute(TYPES, {"like": f"%\\{SUFFIX}"}):
            TypeInfo(name, number, array).register(connection)
