"""How far a delivery is, as its customer asks."""

from enum import StrEnum


class Progress(StrEnum):
    """The least of its parts counts, and what went wrong before all else."""

    UNDELIVERED = "undelivered"  # Lost, on its way back, or not fetched in time.
    RECEIVED = "received"
    IN_PREPARATION = "in_preparation"
    ON_ITS_WAY = "on_its_way"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_TO_COLLECT = "ready_to_collect"
    DELIVERED = "delivered"
    COLLECTED = "collected"
    CANCELED = "canceled"
