"""Counts as columns, compared with what stands as a file of them is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from ovunque.platform.database import Tx
from ovunque.stock.comparing import Comparison, find_same
from ovunque.stock.confirming import Ground
from ovunque.stock.model import CountColumns
from ovunque.stock.model.comparing import CountNumbers, Numbering
from ovunque.stock.model.feeding import Source
from ovunque.stock.rules.columns import by_our_clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def others(
    tx: Tx,
    source: Source,
    ground: Ground,
    told: CountColumns,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[int]:
    """The places of counts that have to be booked; `meanwhile` comes before each look at levels."""
    skus, places = sorted({*told.skus}), sorted({*map(UUID, told.location_ids)})
    item_at = {sku: at for at, sku in enumerate(skus)}
    corrected = by_our_clock(source, told).as_ofs
    rows = zip(told.skus, map(UUID, told.location_ids), strict=True)
    numbers = CountNumbers(
        keys=np.array([item_at[sku] * len(places) + places.index(at) for sku, at in rows]),
        units=np.array(told.on_hands, np.int32),
        moments=np.array([(each - EPOCH) // timedelta(microseconds=1) for each in corrected]),
    )
    same = find_same(
        tx,
        Comparison(
            source=source,
            ground=ground,
            oldest=min(corrected),
            numbering=Numbering(skus=skus, item_at=item_at, location_ids=places),
            parts=lambda: (numbers for _ in [meanwhile()]),
        ),
    )
    return np.nonzero(~same)[0].tolist()
