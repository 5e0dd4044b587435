"""What the entries of a batch would be written as, and what has to be known to decide about them.

All of it is asked of the database at once, before anybody knows which of them were answered before:
what was asked for one of those in vain is seldom and cheap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.kernel.refusal import Refusal
from ovunque.orders import awaiting, holding, store, writing
from ovunque.orders.awaiting import Lacking
from ovunque.orders.drafting import Placement, TurnedAway
from ovunque.orders.holding import Entering, Holding, Releasing
from ovunque.orders.model import OnShortage
from ovunque.orders.ports import Desk
from ovunque.orders.writing import Accepted, Names
from ovunque.platform.database import Later, Tx
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.claiming import Reach, reach
from ovunque.stock.model import Ask, Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A hold with the units it hopes for."""

    holding: Holding
    hold: Hold

    def ask(self) -> Ask:
        channel_id = self.hold.channel_id
        return Ask(plans=(self.hold.reservations,), channel_id=channel_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A hold that gives its units back."""

    hold: Hold

    def ask(self) -> Ask:
        return Ask(gives=self.hold.reservations, channel_id=self.hold.channel_id)


Hope = Accepted | Keep | Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Hopes:
    """What entries would be written as, by their place; what decides about that is on its way."""

    refused: Mapping[int, Refusal]
    hopes: Mapping[int, Hope]
    asks: Mapping[int, Ask]  # What each of them claims.
    holds: Mapping[UUID, Hold]
    used: Later[Mapping[tuple[UUID, str], str]]
    names: Names
    reach: Reach


def hope_for(tx: Tx, desk: Desk, every: Sequence[Entering], now: datetime) -> Hopes:
    """Ask for all at once; some may have been answered before, and are left alone then."""
    holds = holding.list_named(tx, every)
    refused = holding.refuse(tx, every, holds, now)
    hopes = {
        nth: hope
        for nth, each in enumerate(every)
        if nth not in refused and (hope := _hope(each, holds, now, desk)) is not None
    }
    hopes = _promise_ahead(tx, desk, hopes, now)
    asks = {nth: hope.ask() for nth, hope in hopes.items()}
    reached = reach(tx, [*asks.values()], now)  # It takes longest.
    hoping = [hope.placement for hope in hopes.values() if isinstance(hope, Accepted)]
    ids = [name for each in every if (name := external_of(each)) is not None]
    return Hopes(
        refused=refused,
        hopes=hopes,
        asks=asks,
        holds=holds,
        used=store.list_external(tx, ids) if ids else dict,
        names=writing.ask_names(tx, desk, hoping),
        reach=reached,
    )


def _promise_ahead(tx: Tx, desk: Desk, hopes: Mapping[int, Hope], now: datetime) -> dict[int, Hope]:
    """What waits for goods gets the day by which it can be expected."""
    waiting = {
        nth: hope
        for nth, hope in hopes.items()
        if isinstance(hope, Accepted)
        and hope.placement.draft.request.on_shortage == OnShortage.BACKORDER
        and writing.unmet_of(hope)
    }
    if not waiting:
        return dict(hopes)
    snapshot = desk.snapshot()
    lacking = [each for hope in waiting.values() for each in _lacking(hope, snapshot)]
    days = awaiting.promise_ahead(tx, snapshot, lacking, now)
    return {**hopes, **{nth: replace(hope, days=days) for nth, hope in waiting.items()}}


def _lacking(hope: Accepted, snapshot: Snapshot) -> list[Lacking]:
    """The lines of an order with units that its plan does not serve."""
    draft, unmet = hope.placement.draft, writing.unmet_of(hope)
    channel = snapshot.network.channels[draft.request.channel]
    return [
        Lacking(line_id=line.id, sku=line.request.sku, units=unmet[line.id], channel=channel)
        for line in draft.lines
        if unmet[line.id]
    ]


def _hope(each: Entering, holds: Mapping[UUID, Hold], now: datetime, desk: Desk) -> Hope | None:
    """What would be written if its claim succeeds; None: it has no plan that could."""
    if isinstance(each, TurnedAway) or (not isinstance(each, Releasing) and each.plan is None):
        return None
    if isinstance(each, Placement):
        return writing.accept(each, holding.standing_of(each, holds, now), desk.new_id)
    if isinstance(each, Releasing):
        return Release(hold=holds[each.hold_id])
    return Keep(holding=each, hold=holding.hold_of(each, now))


def external_of(each: Entering) -> tuple[UUID, str] | None:
    """What its channel calls an order, if it calls it anything."""
    if not isinstance(each, Placement) or each.draft.request.external_id is None:
        return None
    return each.draft.channel_id, each.draft.request.external_id
