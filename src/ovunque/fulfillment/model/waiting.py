"""For how long goods wait for who fetches them."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupTerm:
    """Days until the end of which goods wait, and how many before it a customer is reminded."""

    channel_id: UUID | None  # None: of every channel.
    location_id: UUID | None  # None: at every store.
    days: int
    remind_days: int  # None of them: nobody is reminded.
