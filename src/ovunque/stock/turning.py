"""Time alone changes what may be sold: a launch date comes, a stop-sale is over.

Whoever looks sees it at once, since rules know their time. Whoever is told of changes is told by a
fact, as soon as somebody looks what has turned meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events
from ovunque.stock.store import protecting as store


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[str, ...]:
    """Rules that began or ended since it was last told, read unlocked."""
    return store.list_turned(tx, now, limit)


def turn(tx: Tx, by: Actor, codes: Sequence[str], now: datetime) -> int:
    """Tell of these; who looks a moment later finds them told, or changed and told."""
    turned = store.save_told(tx, codes, now)
    if turned:
        journal.record(tx, [events.protection_turned(turned)], by=by.name, at=now)
    return len(turned)
