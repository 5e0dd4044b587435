"""SQL of what was learned: how many days things take."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np

from ovunque.delivery.rules.days import PPM, Days, Learned, Level
from ovunque.platform.database import Tx, document


def find_learned(tx: Tx) -> Learned:
    """All of it; what was not learned is as the contract says."""
    handling = tx.execute("select location_id, weight, chances_ppm from handling_days")
    transit = tx.execute(
        """
        select carrier_service_id, level, origin, destination, weight, chances_ppm
          from transit_days
        """
    )
    return Learned(
        handling={
            id_: _days(Level.LANE, weight, chances) for id_, weight, chances in handling.fetchall()
        },
        transit={
            (id_, Level(level), origin, destination): _days(Level(level), weight, chances)
            for id_, level, origin, destination, weight, chances in transit.fetchall()
        },
        late_ppm=list_late_ppm(tx),
    )


def _days(level: Level, weight: int, chances_ppm: Sequence[int]) -> Days:
    chances = np.array(chances_ppm, float)
    return Days(chances / chances.sum(), level, weight)


def list_late_ppm(tx: Tx) -> dict[str, int]:
    """How often each service may be late, where that was moved."""
    return dict(tx.execute("select service, late_ppm from promise_level").fetchall())


def list_levels(tx: Tx) -> dict[str, tuple[int, datetime]]:
    rows = tx.execute("select service, late_ppm, updated_at from promise_level")
    return {service: (late_ppm, at) for service, late_ppm, at in rows.fetchall()}


def save_handling(tx: Tx, rows: Sequence[tuple[UUID, Days]]) -> None:
    """Exactly these: what is not among them is forgotten."""
    tx.execute("delete from handling_days")
    tx.execute(
        """
        insert into handling_days (location_id, weight, chances_ppm)
        select location_id, weight, chances_ppm
          from json_to_recordset(%(rows)s)
            as told (location_id uuid, weight int, chances_ppm int[])
         order by location_id
        """,
        {"rows": document([{"location_id": id_, **_numbers(days)} for id_, days in rows])},
    )


def save_transit(tx: Tx, rows: Sequence[tuple[tuple[UUID, Level, str, str], Days]]) -> None:
    """Exactly these: what is not among them is forgotten."""
    tx.execute("delete from transit_days")
    told = [
        {"id": id_, "level": level, "origin": origin, "destination": destination, **_numbers(days)}
        for (id_, level, origin, destination), days in rows
    ]
    tx.execute(
        """
        insert into transit_days (carrier_service_id, level, origin, destination, weight,
                                  chances_ppm)
        select id, level, origin, destination, weight, chances_ppm
          from json_to_recordset(%(rows)s)
            as told (id uuid, level text, origin text collate "C", destination text collate "C",
                     weight int, chances_ppm int[])
         order by id, level, origin, destination
        """,
        {"rows": document(told)},
    )


def _numbers(days: Days) -> dict[str, object]:
    chances = np.rint(days.chances * PPM).astype(int).tolist()
    return {"weight": days.weight, "chances_ppm": chances}


def save_late_ppm(tx: Tx, late_ppm: dict[str, int], now: datetime) -> None:
    tx.execute(
        """
        insert into promise_level (service, late_ppm, updated_at)
        select service, late_ppm, %(now)s
          from unnest(%(services)s::text[], %(late)s::int[]) as told (service, late_ppm)
         order by service
        on conflict (service) do update
           set late_ppm = excluded.late_ppm, updated_at = excluded.updated_at
        """,
        {"services": list(late_ppm), "late": list(late_ppm.values()), "now": now},
    )
