"""Promises that were taken up by an order: kept with it, so that they can be scored."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.promise import store
from ovunque.promise.model import KeptPromise, Milestones


def keep(tx: Tx, promises: Sequence[KeptPromise]) -> None:
    """Write what the deliveries of new orders were promised."""
    if promises:
        store.add_promises(tx, promises)


def promise_anew(tx: Tx, promises: Sequence[KeptPromise]) -> None:
    """What deliveries are promised from now on, since their customer wanted them otherwise."""
    if promises:
        store.save_anew(tx, promises)


def look_again(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """The plans of some orders have changed: their promises are looked at afresh."""
    if order_ids:
        store.save_look_at(tx, order_ids)


def list_milestones(tx: Tx, fulfillment_ids: Sequence[UUID]) -> Mapping[UUID, Milestones]:
    """Until when each step of promised work has to be done; what nobody was promised has none."""
    return store.list_milestones(tx, fulfillment_ids)


def list_kept(tx: Tx, order_ids: Sequence[UUID]) -> tuple[KeptPromise, ...]:
    """What the deliveries of some orders were promised, in the order of orders."""
    return store.list_promises(tx, order_ids)


def forget_destinations(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """Keep no more of where some orders went than the country: what was learned stays learned."""
    store.save_destinations_coarse(tx, order_ids)
