"""Locations teach how likely they take what they are offered, and at which hours."""

from datetime import datetime, timedelta

from ovunque.access.model import Actor
from ovunque.fulfillment.listing import count_answers
from ovunque.network.snapshot import NetworkView
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.sourcing.rules.answering import Answered, Chances, habits
from ovunque.sourcing.store import answering as store

LEARNED = "answers.learned"
LEARNED_FROM = timedelta(days=180)


def learn_answers(tx: Tx, by: Actor, network: NetworkView, now: datetime) -> int:
    """Take the last months' answers for what to expect; returns how many hours are known."""
    zones = {each.id: each.time_zone for each in network.locations}
    told = [
        Answered(location_id=id_, hour=hour, weeks_ago=weeks, asked=asked, taken=taken)
        for id_, hour, weeks, asked, taken in count_answers(tx, zones, now - LEARNED_FROM, now)
    ]
    found = habits(told)
    if found != store.list_habits(tx):
        store.save_habits(tx, found)
        fact = Fact(kind=LEARNED, subject="network", body={"hours": len(found)})
        journal.record(tx, [fact], by=by.name, at=now)
    return len(found)


def load(tx: Tx) -> Chances:
    """What is known now."""
    return Chances(store.list_habits(tx))
