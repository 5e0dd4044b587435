"""Rows that a retailer keeps by keys of its own: created or replaced, a batch at a time."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ovunque.kernel.ids import NewId
from ovunque.kernel.rows import (
    ROWS_MAX,
    Faults,
    Saved,
    Versioned,
    differs,
    faults_of_one,
    refuse_conflict,
    refuse_faults,
    repeated,
    tally,
)
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

K = TypeVar("K")
R = TypeVar("R", bound="DataclassInstance")
S = TypeVar("S", bound=Versioned)


class By(Protocol):
    """Who does it."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Generic[K, R, S]):
    """How the rows of one kind are saved: all of a batch or nothing.

    A row that is as it stands writes nothing and tells no fact. `expected_version` is what the
    caller has seen of every row of the batch: it is meant for batches of one.
    """

    key: Callable[[R], K]
    field: str  # Where the key stands, for who names one twice.
    faults: Callable[[Tx, Sequence[R]], Iterable[Faults]]  # Of each row, also of what it points to.
    tidy: Callable[[R], R] = lambda request: request
    lock: Callable[[Tx, Collection[K]], Mapping[K, S]]
    write: Callable[[Tx, Mapping[K, R], NewId], Sequence[Fact]]  # Returns what it has to tell.
    find: Callable[[Tx, Collection[K]], Mapping[K, S]]

    def save(
        self,
        tx: Tx,
        by: By,
        requests: Sequence[R],
        now: datetime,
        new_id: NewId,
        *,
        expected_version: int | None = None,
    ) -> Saved:
        assert len(requests) <= ROWS_MAX
        self._refuse(tx, requests)
        tidy = {self.key(each): self.tidy(each) for each in requests}
        before = self.lock(tx, tidy)
        refuse_conflict(before, expected_version)
        fresh = {key: each for key, each in tidy.items() if differs(before.get(key), each)}
        if fresh:
            journal.record(tx, self.write(tx, fresh, new_id), by=by.name, at=now)
        return tally(len(requests), fresh, before)

    def save_one(
        self,
        tx: Tx,
        by: By,
        request: R,
        now: datetime,
        new_id: NewId,
        *,
        expected_version: int | None = None,
    ) -> S:
        """The row as it stands afterwards."""
        with faults_of_one():
            self.save(tx, by, [request], now, new_id, expected_version=expected_version)
        key = self.key(request)
        return self.find(tx, [key])[key]

    def _refuse(self, tx: Tx, requests: Sequence[R]) -> None:
        """With all its faults: what the rows show, and what they point to."""
        twice = repeated(self.field, map(self.key, requests))
        rows = zip(self.faults(tx, requests), twice, strict=True)
        refuse_faults([(*faults, *again) for faults, again in rows])
