"""Parcels on their way to a location where customers fetch them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.fulfillment.model import ParcelState
from ovunque.insight import store
from ovunque.platform.database import Tx

EXPECTED_MAX = 200  # More than a van brings; a list that is cut says so.


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """A parcel and where it goes."""

    fulfillment_id: UUID
    collect_at: UUID
    order_number: str
    sscc: str
    tracking: str | None
    state: ParcelState
    weight_g: int
    location_id: UUID  # Where it comes from.
    carrier_service_id: UUID
    arrives_at: datetime | None
    arrived_at: datetime | None  # When the last one of its work had been received.
    service: str


def list_expected(tx: Tx, location_id: UUID) -> tuple[Arriving, ...]:
    """What has not been received at a location, the earliest expected first."""
    return tuple(map(_arriving, store.list_arriving(tx, location_id, EXPECTED_MAX)))


def find_arriving(tx: Tx, code: str) -> Arriving | None:
    """The parcel with this code on its label, wherever it goes; of several the newest."""
    row = store.find_arriving(tx, code)
    return None if row is None else _arriving(row)


def _arriving(row: Sequence[Any]) -> Arriving:
    work, at, number, sscc, tracking, state, weight_g, from_, by, arrives, arrived, service = row
    return Arriving(
        fulfillment_id=work,
        collect_at=at,
        order_number=number,
        sscc=sscc,
        tracking=tracking,
        state=ParcelState(state),
        weight_g=weight_g,
        location_id=from_,
        carrier_service_id=by,
        arrives_at=arrives,
        arrived_at=arrived,
        service=service,
    )
