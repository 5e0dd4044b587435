"""Fulfillments that change their location."""

from collections.abc import Sequence

from ovunque.fulfillment.model import Fulfillment
from ovunque.platform.database import Tx, document


def save_relocated(tx: Tx, pairs: Sequence[tuple[Fulfillment, Fulfillment]]) -> None:
    """Works as they stand elsewhere: line by line under another reservation."""
    if not pairs:
        return
    done = tx.execute(
        """
        with line as (
          update fulfillment_line as line set reservation_id = told.after
            from json_to_recordset(%(lines)s) as told (id uuid, before uuid, after uuid)
           where line.fulfillment_id = told.id and line.reservation_id = told.before
        )
        update fulfillment as work
           set location_id = told.location_id, carrier_service_id = told.carrier_service_id,
               arrives_at = told.arrives_at, cost_cents = told.cost_cents,
               emissions_g = told.emissions_g, collect_at = told.collect_at
          from json_to_recordset(%(works)s)
            as told (id uuid, location_id uuid, carrier_service_id uuid, arrives_at timestamptz,
                     cost_cents int, emissions_g int, collect_at uuid)
         where work.id = told.id and work.state in ('planned', 'offered')
        """,
        {
            "works": document([_row(after) for _, after in pairs]),
            "lines": document(
                [
                    {"id": before.id, "before": old.reservation_id, "after": new.reservation_id}
                    for before, after in pairs
                    for old, new in zip(before.lines, after.lines, strict=True)
                ]
            ),
        },
    )
    assert done.rowcount == len(pairs), "only what nobody has taken changes its location"


def _row(work: Fulfillment) -> dict[str, object]:
    return {
        "id": work.id,
        "location_id": work.location_id,
        "carrier_service_id": work.carrier_service_id,
        "arrives_at": work.arrives_at,
        "cost_cents": work.cost_cents,
        "emissions_g": work.emissions_g,
        "collect_at": work.collect_at,
    }
