"""What suppliers have announced to the demo retailer: more of what sells best, on some days."""

from collections.abc import Sequence
from datetime import date, timedelta

from ovunque.simulation.assortment import Assortment
from ovunque.simulation.rows import IncomingRow, LocationRow
from ovunque.simulation.shelves import is_new_piece

PERCENT = 5  # Of the new pieces, those that are asked for most.
LATE_DAYS = 3
DAYS = (4, 9, 12, 17, 24)
OVERDUE = {3: -1, 7: -12}  # The fourth is a day late, the eighth nobody believes in any more.


def incoming_rows(
    locations: Sequence[LocationRow], assortment: Assortment, today: date
) -> tuple[IncomingRow, ...]:
    """One delivery for each best-seller, a second one for every third; no chance is drawn."""
    warehouses = [each.code for each in locations if each.kind == "warehouse"]
    ranked = sorted(
        (at for at, item in enumerate(assortment.items) if is_new_piece(item)),
        key=lambda at: (-assortment.popularity[at], at),
    )
    rows: list[IncomingRow] = []
    for nth, at in enumerate(ranked[: max(1, len(ranked) * PERCENT // 100)]):
        first = OVERDUE.get(nth, DAYS[nth % len(DAYS)])
        for part, days in enumerate((first, first + 14) if nth % 3 == 0 else (first,)):
            rows.append(
                IncomingRow(
                    reference=f"PO-{1001 + nth}{f'/{part + 1}' if part else ''}",
                    location=warehouses[nth % len(warehouses)],
                    sku=assortment.items[at].sku,
                    quantity=12 * (1 + nth % 5),
                    due_on=(today + timedelta(days=days)).isoformat(),
                    late_days=LATE_DAYS,
                )
            )
    return tuple(rows)
