"""SQL of opening hours and closures: spans are pairs in one array of minutes."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, LiteralString

from psycopg.rows import kwargs_row

from ovunque.network.model import (
    WEEKDAYS,
    Closure,
    ClosureRequest,
    OpeningHours,
    OpeningHoursRequest,
    Spans,
)
from ovunque.platform.database import Tx, document

HOURS: LiteralString = """
select location.code as location, hours.monday, hours.tuesday, hours.wednesday, hours.thursday,
       hours.friday, hours.saturday, hours.sunday, hours.version
  from opening_hours as hours
  join location on location.id = hours.location_id
"""
CLOSURE: LiteralString = """
select location.code as location, closure.day, closure.hours, closure.name, closure.version
  from closure
  join location on location.id = closure.location_id
"""
ClosureKey = tuple[str, date]


def _spans(flat: Sequence[int]) -> Spans:
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def _flat(spans: Spans) -> list[int]:
    return [minute for span in spans for minute in span]


def _paired(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _spans(value) if isinstance(value, list) else value for name, value in columns.items()
    }


def _hours(tx: Tx, statement: LiteralString, **values: Any) -> tuple[OpeningHours, ...]:
    def build(**columns: Any) -> OpeningHours:
        return OpeningHours(**_paired(columns))

    return tuple(tx.cursor(row_factory=kwargs_row(build)).execute(statement, values))


def _closures(tx: Tx, statement: LiteralString, **values: Any) -> tuple[Closure, ...]:
    def build(**columns: Any) -> Closure:
        return Closure(**_paired(columns))

    return tuple(tx.cursor(row_factory=kwargs_row(build)).execute(statement, values))


def list_all_hours(tx: Tx) -> tuple[OpeningHours, ...]:
    return _hours(tx, HOURS + " order by location.code")


def list_all_closures(tx: Tx) -> tuple[Closure, ...]:
    return _closures(tx, CLOSURE + " order by location.code, closure.day")


def list_hours(tx: Tx, after: str, limit: int) -> tuple[OpeningHours, ...]:
    statement = HOURS + " where location.code > %(after)s order by location.code limit %(limit)s"
    return _hours(tx, statement, after=after, limit=limit)


def list_closures(tx: Tx, after: ClosureKey, limit: int) -> tuple[Closure, ...]:
    statement = (
        CLOSURE
        + """
         where (location.code, closure.day) > (%(code)s, %(day)s::date)
         order by location.code, closure.day limit %(limit)s
        """
    )
    return _closures(tx, statement, code=after[0], day=after[1], limit=limit)


def list_hours_of(tx: Tx, codes: Collection[str]) -> dict[str, OpeningHours]:
    statement = HOURS + " where location.code = any(%(codes)s::text[]) order by location.code"
    return {each.location: each for each in _hours(tx, statement, codes=list(codes))}


def list_closures_of(tx: Tx, keys: Collection[ClosureKey]) -> dict[ClosureKey, Closure]:
    statement = (
        CLOSURE
        + """
         where (location.code, closure.day) in (
           select code, day from unnest(%(codes)s::text[], %(days)s::date[]) as asked (code, day))
         order by location.code, closure.day
        """
    )
    codes, days = [code for code, _ in keys], [day for _, day in keys]
    return {each.key: each for each in _closures(tx, statement, codes=codes, days=days)}


def lock_hours(tx: Tx, codes: Collection[str]) -> dict[str, OpeningHours]:
    """Those that exist, read under the lock of their locations, taken in code order."""
    _lock_locations(tx, codes)
    return list_hours_of(tx, codes)


def lock_closures(tx: Tx, keys: Collection[ClosureKey]) -> dict[ClosureKey, Closure]:
    """Those that exist, read under the lock of their locations, taken in code order."""
    _lock_locations(tx, {code for code, _ in keys})
    return list_closures_of(tx, keys)


def _lock_locations(tx: Tx, codes: Collection[str]) -> None:
    tx.execute(
        "select from location where code = any(%(codes)s::text[]) order by code for no key update",
        {"codes": list(codes)},
    )


def save_hours(tx: Tx, requests: Iterable[OpeningHoursRequest]) -> None:
    """Create or replace whole weeks."""
    rows = [
        {"location": each.location}
        | {name: _flat(spans) for name, spans in zip(WEEKDAYS, each.week, strict=True)}
        for each in requests
    ]
    tx.execute(
        """
        insert into opening_hours (location_id, monday, tuesday, wednesday, thursday, friday,
                                   saturday, sunday)
        select location.id, told.monday, told.tuesday, told.wednesday,
               told.thursday, told.friday, told.saturday,
               told.sunday
          from json_to_recordset(%(rows)s)
            as told (location text, monday int[], tuesday int[], wednesday int[], thursday int[],
                     friday int[], saturday int[], sunday int[])
          join location on location.code = told.location
         order by location.id
        on conflict (location_id) do update
           set monday = excluded.monday, tuesday = excluded.tuesday,
               wednesday = excluded.wednesday, thursday = excluded.thursday,
               friday = excluded.friday, saturday = excluded.saturday, sunday = excluded.sunday,
               version = opening_hours.version + 1
        """,
        {"rows": document(rows)},
    )


def save_closures(tx: Tx, requests: Iterable[ClosureRequest]) -> None:
    """Create or replace days."""
    rows = [
        {
            "location": each.location,
            "day": each.day,
            "hours": _flat(each.hours),
            "name": each.name,
        }
        for each in requests
    ]
    tx.execute(
        """
        insert into closure (location_id, day, hours, name)
        select location.id, told.day, told.hours, told.name
          from json_to_recordset(%(rows)s)
            as told (location text, day date, hours int[], name text)
          join location on location.code = told.location
         order by location.id, told.day
        on conflict (location_id, day) do update
           set hours = excluded.hours, name = excluded.name, version = closure.version + 1
        """,
        {"rows": document(rows)},
    )


def remove_closure(tx: Tx, location: str, day: date) -> bool:
    """Whether there was one."""
    removed = tx.execute(
        """
        delete from closure using location
         where location.id = closure.location_id
           and location.code = %(location)s and closure.day = %(day)s
        """,
        {"location": location, "day": day},
    )
    return removed.rowcount > 0
