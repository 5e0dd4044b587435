"""Take a number of availability apart: every location, every part, down to orders and rules."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.insight.accounting import account
from ovunque.insight.model import Account
from ovunque.network.model import Location
from ovunque.platform.database import Tx
from ovunque.sourcing.selling import Reach
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.model import Key
from ovunque.stock.rules import protection
from ovunque.stock.rules.protection import Guard
from ovunque.stock.withholding import traits_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a location adds to a number: available = free - protected, or nothing out of reach."""

    location: Location
    within: bool  # Whether the channel sells what lies there, by its pool and the place's state.
    account: Account
    protected: int  # Of what is free.
    rules: tuple[str, ...]  # That protect it from the channel, by their codes.

    @property
    def available(self) -> int:
        return max(0, self.account.free - self.protected) if self.within else 0


def list_places(snapshot: Snapshot, sku: str, after: str) -> list[Location]:
    """The locations that have a level of an item, behind a code, in the order of their codes."""
    positions, _ = snapshot.stock.row(sku)
    places = [snapshot.network.locations[at] for at in positions.tolist()]
    return sorted((each for each in places if each.code > after), key=lambda each: each.code)


def break_down(
    tx: Tx, snapshot: Snapshot, reach: Reach, where: tuple[str, Location], now: datetime
) -> Part | None:
    """The part of one location, as the database has it now; None where there is no level."""
    sku, place = where
    found = account(tx, Key(sku, place.id))
    return None if found is None else part_of(snapshot, reach, where, found, now)


def part_of(
    snapshot: Snapshot, reach: Reach, where: tuple[str, Location], found: Account, now: datetime
) -> Part:
    """What a location with such an account adds to a channel's number."""
    sku, place = where
    position = snapshot.network.position_of[place.id]
    channel_id = reach.channel.channel.id
    kept = snapshot.kept
    rules = kept.book.of_item(traits_of(snapshot.catalog, sku), now)
    guard = protection.guard_of(rules, place.id, frozenset(place.groups))
    reserved_by = kept.reserved.get(sku, {}).get(position, {})
    withheld = protection.withheld(guard, found.on_hand, reserved_by, channel_id)
    return Part(
        location=place,
        within=bool(reach.within[position]),
        account=found,
        protected=min(withheld, max(0, found.free)),
        rules=tuple(codes_against(guard, channel_id)) if withheld else (),
    )


def codes_against(guard: Guard, channel_id: UUID) -> list[str]:
    """The rules that keep something from a channel."""
    against = [guard.buffer] if guard.buffer else []
    against += [rule for rule in guard.shares if channel_id not in rule.channel_ids]
    against += [
        rule for rule in guard.stops if not rule.channel_ids or channel_id in rule.channel_ids
    ]
    return [rule.code for rule in against]
