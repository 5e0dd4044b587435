"""What placing orders needs besides the transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.model import Order
from ovunque.orders.numbering import Numbers
from ovunque.platform.idempotency import Answer
from ovunque.promise.model import Change, Option, Quote
from ovunque.promise.sealing import Promises
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.model import Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """What can be promised now instead, delivery by delivery, and what changed of each."""

    channel: str
    quotes: tuple[Quote, ...]
    changes: tuple[Change, ...]
    costs: bool  # Whether the asker may see what it costs us.

    @property
    def options(self) -> list[Option]:
        return [option for each in self.quotes for option in each.options]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """How answers are worded: what is stored is the very answer that was sent."""

    order: Callable[[Order, Snapshot], Answer]
    refusal: Callable[[Refusal], Answer]
    hold: Callable[[Hold, Snapshot, datetime], Answer]
    anew: Callable[[Anew, Snapshot, Promises], Mapping[str, Any]]  # With new tokens.


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The present snapshot, ids, numbers, words and seals of one process."""

    snapshot: Callable[[], Snapshot]
    new_id: NewId
    numbers: Numbers
    rendering: Rendering
    promises: Promises
