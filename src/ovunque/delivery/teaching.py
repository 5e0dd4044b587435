"""What was learned of days takes the place of what was known before."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.delivery import events
from ovunque.delivery.rules.days import Days
from ovunque.delivery.rules.learning import TransitKey
from ovunque.delivery.store import learning as store
from ovunque.platform import journal
from ovunque.platform.database import Tx


def teach(
    tx: Tx,
    by: Actor,
    transit: Mapping[TransitKey, Days],
    handling: Mapping[UUID, Days],
    now: datetime,
) -> None:
    """Promises use these distributions from now on."""
    store.save_transit(tx, list(transit.items()))
    store.save_handling(tx, list(handling.items()))
    fact = events.learned(len(transit), len(handling))
    journal.record(tx, [fact], by=by.name, at=now)


def set_levels(tx: Tx, late_ppm: Mapping[str, int], now: datetime) -> None:
    """How often each service may be late; its caller records why."""
    store.save_late_ppm(tx, dict(late_ppm), now)


def list_levels(tx: Tx) -> dict[str, tuple[int, datetime]]:
    """How often each service may be late, and since when."""
    return store.list_levels(tx)
