"""What counts beside the money that is paid: units that are worth something where they lie.

One sum in money: a store's last unit at what it would have brought there, credit for units that
nobody there would buy, the risk that a unit is not found, and how busy a place is. What people's
work costs is in each location's own figures already, by parcel and by unit.
"""

import numpy as np

from ovunque.sourcing.explaining import Sight
from ovunque.sourcing.model import Beside, Ints
from ovunque.sourcing.rules.strategy import Weights
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.steering import Sieve, busy_percent
from ovunque.stock.rules.worth import taken

BUSY_PERCENT_MAX = 300


def weigh(snapshot: Snapshot, sight: Sight, sieve: Sieve) -> Beside | None:
    """What a step's money says of each column beside its price; None: nothing."""
    weights = sieve.pursuit.weights
    if weights is None:
        return None
    columns = sight.problem.columns
    want = sight.problem.want.tolist()
    unit_cents = np.zeros((len(want), max(want) + 1, len(columns)), np.int64)
    _add_worth(snapshot, sight, weights, unit_cents)
    if weights.refusal_cents:
        risk = sieve.risk_cents[columns.location]
        unit_cents += np.arange(unit_cents.shape[1])[:, None] * risk
    parcel_cents = np.zeros(len(columns), np.int64)
    if weights.busy_cents:
        busy = busy_percent(snapshot.network, snapshot.waiting_at())[columns.location]
        parcel_cents += weights.busy_cents * np.minimum(busy, BUSY_PERCENT_MAX) // 100
    return Beside(unit_cents=unit_cents, parcel_cents=parcel_cents)


def _add_worth(snapshot: Snapshot, sight: Sight, weights: Weights, unit_cents: Ints) -> None:
    """What units are worth where they lie, for as many as might be taken."""
    location = sight.problem.columns.location
    for row, (sku, units) in enumerate(zip(sight.skus, sight.problem.want.tolist(), strict=True)):
        held = snapshot.worth.held(sku, weights.last_units, weights.overstock)
        if held is None:
            continue
        free = sight.free_of(sku)
        for count in range(1, units + 1):
            unit_cents[row, count] += taken(held, free, count)[location]
