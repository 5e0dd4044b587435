"""A simulation: what was asked, how far it is, and what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from ovunque.sourcing.model.ruling import Strategy


class FileLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sku: str
    quantity: int


class FileOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order in a file of NDJSON: what a replay needs of it."""

    id: str
    at: datetime
    channel: str
    service: str = "home"
    country: str = "IT"
    postal_code: str = ""
    value: int = 0  # Minor units.
    promised_by: datetime | None = None
    lines: tuple[FileLine, ...]


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
