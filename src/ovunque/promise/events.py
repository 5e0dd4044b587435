"""What the promise room announces."""

from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact
from ovunque.promise.model import Outcome
from ovunque.promise.rules.scoring import Due, Score

SCORED = "promise.scored"
DRIFTED = "promise.drifted"


def scored(due: Due, score: Score) -> Fact:
    """What became of a promise; of a late one the customer is told when it comes instead."""
    body = {"delivery": due.delivery, "outcome": score.outcome, "latest": due.latest}
    if score.outcome == Outcome.LATE:
        body |= {"blame": score.blame, "expected": score.expected}
    return Fact(
        kind=SCORED, subject=public_id("ord", due.order_id), order_id=due.order_id, body=body
    )


def drifted(service: str, due: int, kept: int, confidence_ppm: int) -> Fact:
    """Promises of a service are kept less or more often than they say."""
    body = {"service": service, "due": due, "kept": kept, "confidence_ppm": confidence_ppm}
    return Fact(kind=DRIFTED, subject=service, body=body)
