"""What the promise room announces."""

from datetime import datetime
from uuid import UUID

from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact
from ovunque.promise.model import KeptPromise, Outcome, PriceDraft, PricePublication, Standing
from ovunque.promise.rules.scoring import Due, Score

SCORED = "promise.scored"
DRIFTED = "promise.drifted"
AT_RISK = "promise.at_risk"
LATE = "promise.late"
REVISED = "promise.revised"
PRICES_DRAFTED = "prices.drafted"
PRICES_DISCARDED = "prices.discarded"
PRICES_PUBLISHED = "prices.published"


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


def endangered(promise: KeptPromise, standing: Standing, locations: list[UUID]) -> Fact:
    """A promise is at risk, or cannot be kept any more; told once of each."""
    return Fact(
        kind=AT_RISK if standing == Standing.AT_RISK else LATE,
        subject=public_id("ord", promise.order_id),
        order_id=promise.order_id,
        body={
            "delivery": promise.delivery,
            "latest": promise.latest,
            "locations": sorted(map(str, locations)),
        },
    )


def revised(promise: KeptPromise, latest: datetime) -> Fact:
    """The customer is told another date, by what is planned now."""
    return Fact(
        kind=REVISED,
        subject=public_id("ord", promise.order_id),
        order_id=promise.order_id,
        body={
            "delivery": promise.delivery,
            "promised": promise.latest,
            "was": promise.told,
            "is": latest,
        },
    )


def prices_drafted(draft: PriceDraft) -> Fact:
    """Somebody writes what customers shall pay."""
    body = {"version": draft.version, "rows": len(draft.rows)}
    return Fact(kind=PRICES_DRAFTED, subject="draft", body=body)


def prices_discarded() -> Fact:
    """A draft was thrown away."""
    return Fact(kind=PRICES_DISCARDED, subject="draft", body={})


def prices_published(table: PricePublication) -> Fact:
    """Customers pay by another table from now on."""
    body = {"number": table.number, "rows": len(table.rows)}
    return Fact(kind=PRICES_PUBLISHED, subject=str(table.number), body=body)
