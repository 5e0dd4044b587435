"""Which orders a trial of a strategy decides about, and by which of the two they are served."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.sourcing.model.ruling import Entry, Version
from ovunque.sourcing.planning import Wish, case_of
from ovunque.sourcing.rules.strategy import Case, choose, is_drawn, with_trials
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.steering import Steering
from ovunque.sourcing.store import ruling as store


def enter(tx: Tx, snapshot: Snapshot, wishes: Sequence[Wish]) -> None:
    """Note for placed orders in which trials they take part, so that both sides are counted."""
    entries = [each for wish in wishes for each in entries_of(snapshot, wish)]
    if entries:
        store.add_trial_orders(tx, entries)


def entries_of(snapshot: Snapshot, wish: Wish) -> Iterator[Entry]:
    """One for each trial that decides about an order, or would if it had been drawn."""
    order_id = wish.order_id
    if order_id is None:
        return
    for trial in snapshot.steering.trials(wish.now):
        cases = [case_of(snapshot, wish, need) for need in wish.needs]
        if any(_concerns(snapshot.steering, trial, case, order_id) for case in cases):
            yield Entry(
                code=trial.strategy.code,
                number=trial.number,
                order_id=order_id,
                drawn=is_drawn(trial, order_id),
            )


def _concerns(steering: Steering, trial: Version, case: Case, order_id: UUID) -> bool:
    """Whether this strategy decides, with the trial or without; other trials are as drawn."""
    others = [
        each for each in steering.trials(case.now) if each is not trial and is_drawn(each, order_id)
    ]
    without = with_trials(steering.ranked(case.now), others)
    arms = (without, with_trials(without, [trial]))
    return any(
        found is not None and found.strategy.code == trial.strategy.code
        for found in (choose(arm, case) for arm in arms)
    )
