"""What may go wrong: the faults that there are, which of them a seed switches on, and how often."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """Each strikes at a moment of its own, by the chance of the seed."""

    CRASH_BEFORE = "process crashes before a commit"
    CRASH_AFTER = "process crashes after a commit"
    DROPPED = "connection lost inside a transaction"
    UNKNOWN = "connection lost at a commit that was done"
    DEADLOCK = "transaction told to start again"
    STALE = "snapshot not caught up"
    CLOCK = "clock jumps by an hour"
    LOST = "message lost"
    DOUBLED = "message arrives twice"
    DELAYED = "message arrives hours late"
    ANSWER_LOST = "answer lost"
    LABEL_LOST = "carrier sold a label, its answer lost"
    REFUSES = "store refuses"
    SILENT = "store says nothing"
    SHORT = "store finds less than there is"
    LIES = "feed counts wrongly"
    LATE = "feed tells hours later"
    SKEWED = "feed's clock is wrong"
    SHRINKS = "units vanish from the shelf"
    CANCELS = "order canceled at any moment"
    EDITS = "order edited at any moment"
    TAKES_AWAY = "work taken away at any moment"
    UNSCANNED = "carrier takes what nobody scanned"
    STRAYS = "parcel does not arrive"
    UNSEEN = "store does not see a parcel that arrived"
    FORGOTTEN = "hold left to end by itself"
    LOST_ON_THE_WAY = "transfer loses units on the way"
    FEWER = "supplier brings less than announced"
    OVERDUE = "supplier comes late"
    PROTECTS = "protection changes at any moment"
    WRONG_DECISION = "true feed is rejected"
    INCIDENT = "something happens to a place, a carrier or a lane"


RATES = {  # How often a fault strikes when its moment comes, if it is on; the seed varies it.
    **dict.fromkeys((Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.UNKNOWN), 0.02),
    Fault.DROPPED: 0.004,
    Fault.DEADLOCK: 0.05,
    Fault.STALE: 0.5,
    Fault.CLOCK: 0.15,
    **dict.fromkeys((Fault.LOST, Fault.DOUBLED, Fault.DELAYED, Fault.ANSWER_LOST), 0.08),
    Fault.LABEL_LOST: 0.3,
    **dict.fromkeys((Fault.REFUSES, Fault.SHORT), 0.2),
    Fault.SILENT: 0.3,
    **dict.fromkeys((Fault.LIES, Fault.LATE, Fault.SKEWED, Fault.SHRINKS), 0.3),
    **dict.fromkeys((Fault.CANCELS, Fault.EDITS, Fault.TAKES_AWAY), 0.5),
    **dict.fromkeys((Fault.UNSCANNED, Fault.STRAYS), 0.2),
    **dict.fromkeys((Fault.UNSEEN, Fault.FORGOTTEN, Fault.LOST_ON_THE_WAY), 0.3),
    **dict.fromkeys((Fault.FEWER, Fault.OVERDUE, Fault.WRONG_DECISION), 0.3),
    Fault.PROTECTS: 0.5,
    Fault.INCIDENT: 0.3,
}


@dataclass
class Weather:
    """The faults of one run. Once it is calm nothing goes wrong any more."""

    chance: Random
    rates: dict[Fault, float]
    calm: bool = False
    struck: Counter[str] = field(default_factory=Counter)

    def strikes(self, fault: Fault) -> bool:
        rate = 0.0 if self.calm else self.rates.get(fault, 0.0)
        struck = rate > 0 and self.chance.random() < rate
        if struck:
            self.struck[fault.value] += 1
        return struck


def weather_of(chance: Random) -> Weather:
    """A seed switches on more than half of all faults, and says how fiercely they strike."""
    fierce = chance.choice((0.5, 1.0, 2.0))
    rates = {
        fault: min(0.6, rate * fierce) for fault, rate in RATES.items() if chance.random() < 0.6
    }
    return Weather(chance=chance, rates=rates)


def fair(chance: Random) -> Weather:
    """Nothing goes wrong."""
    return Weather(chance=chance, rates={})
