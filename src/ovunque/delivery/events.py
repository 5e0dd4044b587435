"""What the delivery room announces: codes only, readers look at the present state."""

from collections.abc import Sequence

from ovunque.delivery.model import Publication
from ovunque.platform.journal import Fact

CARRIER = "carrier.changed"
ZONE = "zone.changed"
LANE = "lane.changed"
LEARNED = "days.learned"
FACTOR = "factor.changed"
PUBLISHED = "carrier.published"


def changed(kind: str, codes: Sequence[str]) -> Fact:
    """One fact for all that a transaction changed of a kind."""
    subject = codes[0] if len(codes) == 1 else f"{len(codes)} {kind.partition('.')[0]}s"
    return Fact(kind=kind, subject=subject, body={"codes": list(codes)})


def learned(transit: int, handling: int) -> Fact:
    """How many distributions of days in transit and of work were learned anew."""
    body = {"transit": transit, "handling": handling}
    return Fact(kind=LEARNED, subject=f"{transit + handling} distributions", body=body)


def published(done: Publication) -> Fact:
    """Which terms took effect; what they say stands with the publication."""
    key = done.terms.key
    body = {"carrier": key.carrier, "service": key.service, "number": done.number}
    return Fact(kind=PUBLISHED, subject=str(key), body=body)
