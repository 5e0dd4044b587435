"""Why this location: what was chosen, what came close, and what ruled the others out."""

from collections import Counter
from collections.abc import Mapping, Sequence

from ovunque.network.model import Location
from ovunque.orders.listing import Decision
from ovunque.sourcing.explaining import Candidate, Explained
from ovunque.sourcing.model import Reason
from ovunque.sourcing.snapshot import Snapshot
from ovunque.web import words
from ovunque.web.language import M_, Message

CLOSE_MAX = (
    6  # Candidates with figures that are listed; the others are counted by what ruled them out.
)

OBJECTIVES: Mapping[str, Message] = {
    "economic": M_("objective", "at the lowest cost"),
    "fastest": M_("objective", "as early as possible"),
    "lowest_emissions": M_("objective", "with the lowest transport emissions"),
}
REASONS: Mapping[Reason, Message] = {
    Reason.CHOSEN: M_("candidate", "chosen"),
    Reason.OUTRANKED: M_("candidate", "another one does better"),
    Reason.LACKS_SOME: M_("candidate", "has only a part of it"),
    Reason.LACKS_ALL: M_("candidate", "has none of it"),
    Reason.TOO_HEAVY: M_("candidate", "too heavy for its carriers"),
    Reason.TOO_LATE: M_("candidate", "would arrive too late"),
    Reason.REFUSED: M_("candidate", "was asked and said no"),
    Reason.NO_LANE: M_("candidate", "no carrier goes there"),
    Reason.NO_CAPABILITY: M_("candidate", "does not offer this service"),
    Reason.NOT_OPEN: M_("candidate", "is not open"),
    Reason.WRONG_KIND: M_("candidate", "another kind of location"),
    Reason.WRONG_GROUP: M_("candidate", "not in the groups of this step"),
    Reason.WRONG_COUNTRY: M_("candidate", "not in the countries of this step"),
    Reason.NOT_NAMED: M_("candidate", "not among the locations of this step"),
    Reason.TOO_FAR: M_("candidate", "too far for this step"),
    Reason.WRONG_CARRIER: M_("candidate", "other carriers than this step takes"),
    Reason.TOO_SLOW: M_("candidate", "too many days for this step"),
    Reason.BREAKS_PROMISE: M_("candidate", "after the promised day"),
    Reason.KEEPS_ITS_LAST: M_("candidate", "keeps its last units"),
    Reason.TOO_BUSY: M_("candidate", "too much work waiting"),
    Reason.EXCLUDED: M_("candidate", "could not serve this item lately"),
    Reason.INCIDENT: M_("candidate", "out because of an incident"),
}


class Why:
    """One decision, delivery by delivery."""

    def __init__(self, decision: Decision, snapshot: Snapshot) -> None:
        self.nth = decision.nth
        self.at = decision.decided_at
        self.passed_over = decision.passed_over
        network = snapshot.network
        self.instead = decision.instead
        self.instead_of = [
            network.locations[network.position_of[each]].name
            for each in (decision.instead.locations if decision.instead else ())
        ]
        self.deliveries = [Choice(each, snapshot) for each in decision.deliveries]


class Choice:
    """How one delivery was planned."""

    def __init__(self, explained: Explained, snapshot: Snapshot) -> None:
        self.objective = OBJECTIVES[explained.objective]
        self.applied = explained.applied
        self.unmet = explained.unmet
        self.chosen = [Option(each, snapshot) for each in explained.parcels]
        self.cost = sum(each.cost_cents or 0 for each in explained.parcels)
        self.beside = sum(each.beside_cents or 0 for each in explained.parcels)
        self.grams = sum(each.emissions_g or 0 for each in explained.parcels)
        self.units = explained.unmet + sum(each.units or 0 for each in explained.parcels)
        others = others_of(explained)
        close = [each for each in others if each.cost_cents is not None][:CLOSE_MAX]
        self.close = [Option(each, snapshot) for each in close]
        rest = Counter(each.reason for each in others if each not in close)
        self.rest = [(REASONS[reason], count) for reason, count in rest.most_common()]
        self.rest_count = rest.total()

    def dearer(self, option: "Option") -> int:
        """By how much another place alone would have counted more, in minor units."""
        beside = (option.candidate.beside_cents or 0) - self.beside
        return (option.candidate.cost_cents or 0) - self.cost + beside


def asked_about(
    decisions: Sequence[Decision], snapshot: Snapshot, code: str
) -> list[tuple[Decision, "Option | None"]] | None:
    """Why not this location, the newest decision first; no option: it is not in the pool."""
    location = snapshot.network.by_code.get(code)
    if location is None:
        return None
    found: list[tuple[Decision, Option | None]] = []
    for decision in reversed(decisions):
        for delivery in decision.deliveries:
            of_it = (each for each in delivery.candidates if each.location_id == location.id)
            first = next(of_it, None)
            found.append((decision, Option(first, snapshot) if first else None))
    return found


def others_of(explained: Explained) -> list[Candidate]:
    """Each place that was not chosen, once: by the best of its carriers."""
    seen = {each.location_id for each in explained.parcels}
    others: list[Candidate] = []
    for each in explained.candidates:
        if each.location_id not in seen:
            seen.add(each.location_id)
            others.append(each)
    return others


class Option:
    """A location with its figures, and what ruled it out."""

    def __init__(self, candidate: Candidate, snapshot: Snapshot) -> None:
        network = snapshot.network
        self.candidate = candidate
        self.location: Location = network.locations[network.position_of[candidate.location_id]]
        self.kind = words.LOCATION_KIND[self.location.kind]
        self.reason = REASONS[candidate.reason]
        self.is_outranked = candidate.reason == Reason.OUTRANKED
        self.lacks_some = candidate.reason == Reason.LACKS_SOME
