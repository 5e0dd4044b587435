"""What a customer is asked whose store does not hand over their goods, as a page shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from ovunque.fulfillment.model.consulting import PickupQuestion
from ovunque.network.snapshot import NetworkView
from ovunque.orders.consulting import expected_for
from ovunque.orders.model import Order


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question, with when a transfer would be there: None, nobody can send it now."""

    question: PickupQuestion
    order: Order
    place: str
    country: str
    expected_at: datetime | None

    @classmethod
    def of(cls, order: Order, nth: int, network: NetworkView) -> Self | None:
        """What is asked about a delivery, if anything is."""
        question = next((each for each in order.questions if each.delivery == nth), None)
        if question is None:
            return None
        place = network.locations[network.position_of[question.location_id]]
        return cls(question, order, place.name, place.country, expected_for(order, nth))
