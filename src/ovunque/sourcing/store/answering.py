"""What was learned of how locations answer."""

from collections.abc import Sequence

from ovunque.platform.database import Tx, document
from ovunque.sourcing.rules.answering import Habit


def list_habits(tx: Tx) -> tuple[Habit, ...]:
    rows = tx.execute(
        "select location_id, hour, asked_milli, taken_milli from offer_habit "
        "order by location_id, hour"
    )
    return tuple(
        Habit(location_id=id_, hour=hour, asked_milli=asked, taken_milli=taken)
        for id_, hour, asked, taken in rows
    )


def save_habits(tx: Tx, habits: Sequence[Habit]) -> None:
    """In place of all that was known."""
    tx.execute("delete from offer_habit")
    tx.execute(
        """
        insert into offer_habit (location_id, hour, asked_milli, taken_milli)
        select location_id, hour, asked_milli, taken_milli
          from json_to_recordset(%(rows)s)
            as told (location_id uuid, hour int, asked_milli bigint, taken_milli bigint)
         order by location_id, hour
        """,
        {"rows": document(habits)},
    )
