"""A location that did not serve an item is not asked for it again, for a time: by the reason."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from ovunque.fulfillment.model import Fulfillment, FulfillmentLine, Reason
from ovunque.fulfillment.store import excluding as store
from ovunque.platform.database import Database, Tx

KEPT = timedelta(days=1)  # Beyond its end: clocks of processes differ.

# Books are wrong until somebody counts; who is busy is so for a while.
FOR: Mapping[Reason, timedelta] = MappingProxyType(
    {
        Reason.NOT_FOUND: timedelta(days=3),
        Reason.FEWER: timedelta(days=3),
        Reason.DAMAGED: timedelta(days=1),
        Reason.DISPLAY: timedelta(days=7),
        Reason.SOLD_MEANWHILE: timedelta(days=1),
        Reason.NO_TIME: timedelta(hours=1),
        Reason.CLOSED: timedelta(hours=12),
    }
)


def exclude(
    tx: Tx, work: Fulfillment, lines: Collection[FulfillmentLine], reason: Reason, now: datetime
) -> None:
    """Its location is not asked for these items until their time is over; the later end counts."""
    skus = sorted({line.sku for line in lines})
    if skus:
        store.save_excluded(tx, work.location_id, skus, reason.value, (now, now + FOR[reason]))


def forget(database: Database, _: object, now: datetime) -> None:
    """Drop what was over long ago: a job of the worker."""
    database.transact(lambda tx: store.remove_excluded(tx, now - KEPT))
