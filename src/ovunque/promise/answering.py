"""What is said of a cart now: options with plans, or guesses where we do not keep up."""

from datetime import datetime

from ovunque.promise.model import PromiseRequest, Quote
from ovunque.promise.quoting import quote, quote_carefully
from ovunque.promise.sealing import Promises
from ovunque.sourcing.planning import snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot


def answer(snapshot: Snapshot, promises: Promises, request: PromiseRequest, now: datetime) -> Quote:
    """Every way worth showing, on the stock that the snapshot shows, at the prices that count.

    Where the snapshot is too old, plans on it would be broken: then only what holds anyway.
    """
    say = quote_carefully if promises.is_blind else quote
    return say(snapshot, snapshot_shelf(snapshot, now), promises.prices, request, now)
