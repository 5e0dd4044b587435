"""A simulation: what was asked, how far it is, and what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from ovunque.simulation.gathering import FileOrder
from ovunque.sourcing.model.ruling import Strategy


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


FINAL = frozenset({State.DONE, State.FAILED, State.CANCELED})


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which orders: those of the last days, as many that could have come, or some brought along."""

    days: int = 0
    generate: int = 0
    seed: int = 1
    orders: tuple[FileOrder, ...] = ()


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, how far it is, and the figures so far."""

    id: UUID
    strategies: tuple[Strategy, ...]
    source: Source
    state: State
    total: int = 0
    done: int = 0
    result: dict[str, Any] | None = None
    reason: str | None = None
    attempts: int = 0
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.state in FINAL
