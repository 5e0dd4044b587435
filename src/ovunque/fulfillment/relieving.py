"""Work is planned otherwise before anybody was asked to do it: no location is to blame."""

from collections.abc import Sequence
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.fulfillment.model import Fulfillment, WithdrawReason
from ovunque.fulfillment.store import moving as store
from ovunque.fulfillment.withdrawing import take_away
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact


def relieve(
    tx: Tx,
    by: Actor,
    works: Sequence[Fulfillment],
    now: datetime,
    reason: WithdrawReason = WithdrawReason.REROUTE,
) -> list[Fact]:
    """Take planned work back; the caller holds its order, moves its units and records the facts."""
    if not works:
        return []
    store.save_taken_by(tx, [work.id for work in works], reason.value)
    return take_away(tx, by, (works, reason), now)
