"""A level is short: of those who wait for its units, whoever was promised them last gives way.

Holds have given way before, where the stock changed; what is picked never does. What lost its
units is sourced again like everything that its location does not serve.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import giving_way
from ovunque.fulfillment.listing import list_work_of
from ovunque.fulfillment.model import Unpicked
from ovunque.kernel.ids import NewId
from ovunque.orders import rules
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.promise.keeping import list_kept
from ovunque.stock.model import Key
from ovunque.stock.reading import list_shortages

SHORTAGES_MAX = 1_000
NEVER = datetime.max.replace(tzinfo=UTC)  # Nobody was promised a day: that is the loosest promise.


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortageRequest:
    """Orders that may have lost units."""

    order_ids: Sequence[UUID]
    secret: str = field(repr=False)
    new_id: NewId


def list_due(tx: Tx, _: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders that lose units to a shortage, and have not given way yet."""
    losers = dict.fromkeys(each.order_id for each, _ in _losers(tx))
    return tuple(losers)[:limit]


def give_way(tx: Tx, by: Actor, request: ShortageRequest, now: datetime) -> int:
    """Take from these orders the units that are not there; returns how many orders that were.

    Looked at again under their timelines: a count or a pick may have come in between.
    """
    journal.lock(tx, request.order_ids)
    mine = set(request.order_ids)
    losing = [(each, lost) for each, lost in _losers(tx) if each.order_id in mine]
    if not losing:
        return 0
    units = {each.reservation_id: lost for each, lost in losing}
    asked = giving_way.GiveWayRequest(units=units, secret=request.secret, new_id=request.new_id)
    works = list_work_of(tx, request.order_ids)
    giving_way.give_way(tx, by, works, asked, now)
    return len(mine & {each.order_id for each, _ in losing})


def _losers(tx: Tx) -> list[tuple[Unpicked, int]]:
    gaps: Mapping[Key, int] = list_shortages(tx, SHORTAGES_MAX)
    if not gaps:
        return []
    unpicked = giving_way.list_unpicked(tx, sorted(gaps))
    kept = list_kept(tx, sorted({each.order_id for each in unpicked}))
    promised = {(each.order_id, each.delivery): each.latest for each in kept}
    return rules.losers(
        gaps, [(promised.get((each.order_id, each.delivery), NEVER), each) for each in unpicked]
    )
