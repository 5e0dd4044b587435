"""Which of the present options is most like one that cannot be had any more."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.promise.model import Option


def nearest(
    options: Sequence[Option], service: str, location_id: UUID | None, latest: datetime
) -> Option | None:
    """Of the same service and place if there is one, then the arrival nearest to it, then price."""

    def distance(option: Option) -> tuple[bool, bool, float, int]:
        return (
            option.service != service,
            option.location_id != location_id,
            abs((option.latest - latest).total_seconds()),
            option.customer_price,
        )

    return min(options, key=distance, default=None)
