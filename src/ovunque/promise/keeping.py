"""Promises that were taken up by an order: kept with it, so that they can be scored."""

from collections.abc import Sequence
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.promise import store
from ovunque.promise.model import KeptPromise


def keep(tx: Tx, promises: Sequence[KeptPromise]) -> None:
    """Write what the deliveries of new orders were promised."""
    if promises:
        store.add_promises(tx, promises)


def list_kept(tx: Tx, order_ids: Sequence[UUID]) -> tuple[KeptPromise, ...]:
    """What the deliveries of some orders were promised, in the order of orders."""
    return store.list_promises(tx, order_ids)
