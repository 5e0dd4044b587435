"""A past that was computed elsewhere by this room's rules, taken over as it is."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from ovunque.fulfillment.model import Fulfillment, Manifest, Offer, Parcel, Word
from ovunque.fulfillment.ports import Label
from ovunque.fulfillment.store import restoring as store
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What locations were asked to do, and what became of it."""

    works: Collection[Fulfillment]
    offers: Iterable[Offer]
    parcels: Iterable[Parcel]
    labels: Iterable[tuple[Parcel, Label]]
    manifests: Iterable[Manifest]
    words: Iterable[tuple[str, Parcel, Word, datetime]]  # Carrier, parcel, word, when it came.


def draw_serials(tx: Tx, count: int) -> tuple[int, ...]:
    """Serials for so many parcels."""
    return store.add_serials(tx, count)


def restore(tx: Tx, past: Past) -> int:
    """Write it; returns the number of rows. The caller holds its orders' facts."""
    rows = store.add_works(tx, past.works)
    rows += store.add_lines(tx, past.works)
    rows += store.add_offers(tx, past.offers)
    rows += store.add_parcels(tx, past.parcels)
    rows += store.add_labels(tx, past.labels)
    rows += store.add_manifests(tx, past.manifests)
    return rows + store.add_words(tx, past.words)
