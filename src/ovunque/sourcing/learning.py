"""Stores and partners teach how sure their stock is: by what nobody found when it was picked."""

from datetime import datetime, timedelta

from ovunque.access.model import Actor
from ovunque.fulfillment.listing import count_looked_for
from ovunque.network.trusting import trust
from ovunque.platform.database import Tx

LEARNED_FROM = timedelta(days=180)  # What is longer ago says nothing of how a place works today.


def learn_confidence(tx: Tx, by: Actor, now: datetime) -> int:
    """Every location as sure as its last months; returns how many changed."""
    return trust(tx, by, count_looked_for(tx, now - LEARNED_FROM), now)
