"""Which units of a level a channel may not take: buffers, shares kept for others, stops.

Kinds add up; within a kind the most specific rule wins: item before product before category
before all, location before group before all, a period before always. Shares for different
channels are different kinds. A stop leaves nothing, however general it is; a listing leaves
nothing before it begins and after it has ended.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ovunque.stock.model import Key, RuleKind, StockLevel

STOPPING = frozenset({RuleKind.STOP, RuleKind.LISTING})
EVERYTHING = 1 << 31  # More units than a level can hold.
NO_CHANNELS: Mapping[UUID | None, int] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A protection by our ids, as it is applied to levels."""

    code: str
    kind: str
    units: int = 0
    percent: int = 0
    sku: str | None = None
    product: str | None = None
    category: str | None = None
    location_id: UUID | None = None
    group: str | None = None
    channel_ids: frozenset[UUID] = frozenset()
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def item_name(self) -> tuple[str, str] | None:
        """By what it names its items; None: it speaks of all."""
        names = (("sku", self.sku), ("product", self.product), ("category", self.category))
        return next(((name, value) for name, value in names if value is not None), None)

    def names(self, traits: "Traits") -> bool:
        """Whether it speaks of an item."""
        return self.item_name is None or self.item_name in traits.names

    def is_in_force(self, now: datetime) -> bool:
        """Within its time; a listing outside of it: within it the item is sold."""
        begun = self.starts_at is None or self.starts_at <= now
        within = begun and (self.ends_at is None or now < self.ends_at)
        return within != (self.kind == RuleKind.LISTING)

    def concerns(self, channel_id: UUID | None) -> bool:
        """Whether it stops the sales of a channel."""
        return not self.channel_ids or channel_id in self.channel_ids

    @property
    def is_everywhere(self) -> bool:
        return self.location_id is None and self.group is None

    def speaks_of(self, location_id: UUID, groups: Collection[str]) -> bool:
        if self.location_id is not None:
            return self.location_id == location_id
        return self.group is None or self.group in groups

    def units_of(self, on_hand: int) -> int:
        """How many units it protects of so many."""
        return max(self.units, -(-self.percent * max(0, on_hand) // 100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What rules may name an item by."""

    sku: str
    product: str | None = None
    category: str | None = None

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """The same as rules have it in `item_name`."""
        named = (("sku", self.sku), ("product", self.product), ("category", self.category))
        return tuple((by, name) for by, name in named if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The rules that count at one level."""

    buffer: Rule | None = None
    shares: tuple[Rule, ...] = ()
    stops: tuple[Rule, ...] = ()

    @property
    def is_some(self) -> bool:
        return bool(self.buffer or self.shares or self.stops)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleBook:
    """Rules, found by the item that they speak of."""

    rules: Sequence[Rule] = ()
    by_item: Mapping[tuple[str, str], Sequence[Rule]] = field(default_factory=dict)
    general: Sequence[Rule] = ()

    @property
    def asks_traits(self) -> bool:
        """Whether some rule speaks of products or categories."""
        return any(rule.product or rule.category for rule in self.rules)

    @property
    def asks_groups(self) -> bool:
        return any(rule.group for rule in self.rules)

    def of_item(self, traits: Traits, now: datetime) -> tuple[Rule, ...]:
        """The rules in force that speak of an item, wherever it lies."""
        return tuple(rule for rule in self.all_of_item(traits) if rule.is_in_force(now))

    def all_of_item(self, traits: Traits) -> tuple[Rule, ...]:
        """The same with those that are over, or are still to come."""
        found = [rule for name in traits.names for rule in self.by_item.get(name, ())]
        return (*found, *self.general)

    def sold_from(self, traits: Traits, channel_id: UUID | None, now: datetime) -> datetime | None:
        """When a channel begins to sell an item; None: it does already, or never will again."""
        waiting = [
            rule
            for rule in self.of_item(traits, now)
            if rule.kind == RuleKind.LISTING and rule.is_everywhere and rule.concerns(channel_id)
        ]
        begins = [rule.starts_at for rule in waiting if rule.starts_at and rule.starts_at > now]
        return max(begins) if begins and len(begins) == len(waiting) else None

    def next_turn(self, now: datetime) -> datetime | None:
        """When the next rule begins or ends; None: they stay as they are."""
        turns = (at for rule in self.rules for at in (rule.starts_at, rule.ends_at))
        return min((at for at in turns if at is not None and at > now), default=None)


def rule_book(rules: Iterable[Rule]) -> RuleBook:
    """The rules ready to be looked up."""
    told = tuple(rules)
    by_item: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in told:
        if rule.item_name is not None:
            by_item[rule.item_name].append(rule)
    general = [rule for rule in told if rule.item_name is None]
    return RuleBook(rules=told, by_item=dict(by_item), general=general)


def guard_of(rules: Iterable[Rule], location_id: UUID, groups: frozenset[str]) -> Guard:
    """What an item's rules say at one location."""
    best: dict[object, Rule] = {}
    stops: list[Rule] = []
    for rule in rules:
        if not rule.speaks_of(location_id, groups):
            continue
        if rule.kind in STOPPING:
            stops.append(rule)
            continue
        kind = (rule.kind, rule.channel_ids)
        if kind not in best or _rank(rule) < _rank(best[kind]):
            best[kind] = rule
    winners = [best[kind] for kind in sorted(best, key=str)]
    return Guard(
        buffer=next((rule for rule in winners if rule.kind == RuleKind.BUFFER), None),
        shares=tuple(rule for rule in winners if rule.kind == RuleKind.SHARE),
        stops=tuple(stops),
    )


def _rank(rule: Rule) -> tuple[int, int, int, str]:
    """The most specific rule sorts first; of equals the one with the smaller code."""
    item = [rule.sku, rule.product, rule.category, rule.code]
    place = [rule.location_id, rule.group, rule.code]
    period = rule.starts_at or rule.ends_at
    return (
        next(nth for nth, each in enumerate(item) if each is not None),
        next(nth for nth, each in enumerate(place) if each is not None),
        0 if period else 1,
        rule.code,
    )


def rivals(
    rule: Rule,
    others: Iterable[Rule],
    items: Collection[Traits],
    places: Collection[tuple[UUID, Collection[str]]],
) -> tuple[tuple[Rule, bool], ...]:
    """The rules of its kind that speak of a level of it too, and whether they count there instead.

    Stops leave nothing whoever is more specific, so they have none; nor has a share for others.
    """
    if rule.kind in STOPPING:
        return ()
    mine = [each for each in items if rule.names(each)]
    here = [each for each in places if rule.speaks_of(*each)]
    met = (
        other
        for other in others
        if (other.kind, other.channel_ids) == (rule.kind, rule.channel_ids)
        and other.code != rule.code
        and any(other.names(each) for each in mine)
        and any(other.speaks_of(*each) for each in here)
    )
    return tuple((other, _rank(other) < _rank(rule)) for other in sorted(met, key=_rank))


def withheld(
    guard: Guard, on_hand: int, reserved_by: Mapping[UUID | None, int], channel_id: UUID | None
) -> int:
    """How many of a level's free units a channel may not take.

    What the channels of a share have reserved already is kept no longer: it is taken.
    """
    if any(rule.concerns(channel_id) for rule in guard.stops):
        return EVERYTHING
    kept = guard.buffer.units_of(on_hand) if guard.buffer else 0
    for rule in guard.shares:
        if channel_id not in rule.channel_ids:
            taken = sum(reserved_by.get(each, 0) for each in rule.channel_ids)
            kept += max(0, rule.units_of(on_hand) - taken)
    return kept


def available(
    level: StockLevel,
    guard: Guard,
    reserved_by: Mapping[UUID | None, int],
    channel_id: UUID | None,
) -> int:
    """What a channel may take of a level now."""
    return max(0, level.free - withheld(guard, level.on_hand, reserved_by, channel_id))


class Guarding:
    """The guards of some levels, and who has reserved what there while asks are being decided."""

    def __init__(
        self,
        guards: Mapping[Key, Guard],
        levels: Iterable[StockLevel] = (),
        reserved_by: Mapping[Key, Mapping[UUID | None, int]] | None = None,
    ) -> None:
        self._guards = {key: guard for key, guard in guards.items() if guard.is_some}
        self._on_hand = {level.key: level.on_hand for level in levels}
        self._reserved = {key: dict(told) for key, told in (reserved_by or {}).items()}

    def __bool__(self) -> bool:
        return bool(self._guards)

    def withheld(self, key: Key, channel_id: UUID | None) -> int:
        guard = self._guards.get(key)
        if guard is None:
            return 0
        reserved = self._reserved.get(key, NO_CHANNELS)
        return withheld(guard, self._on_hand.get(key, 0), reserved, channel_id)

    def reserve(self, key: Key, channel_id: UUID | None, quantity: int) -> None:
        """Units have been taken for a channel; a negative quantity gives them back."""
        if key in self._guards:
            told = self._reserved.setdefault(key, {})
            told[channel_id] = told.get(channel_id, 0) + quantity


UNGUARDED = Guarding({})
