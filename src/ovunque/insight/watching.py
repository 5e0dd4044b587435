"""What an operator watches: what waits, how much of it, and how long it has been due."""

from dataclasses import dataclass
from datetime import datetime

from ovunque.insight import store
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How many of a kind wait; `overdue_seconds` is about the one that should be done longest."""

    name: str
    label: str
    count: int
    overdue_seconds: float


def watch(tx: Tx, now: datetime) -> tuple[Figure, ...]:
    """All figures as of now; what has nothing that waits says zero."""
    return tuple(
        Figure(
            name=name,
            label=label,
            count=count,
            overdue_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        )
        for name, label, count, oldest in store.list_watched(tx)
    )
