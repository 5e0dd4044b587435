"""What the delivery room announces: codes only, readers look at the present state."""

from collections.abc import Sequence

from ovunque.platform.journal import Fact

CARRIER = "carrier.changed"
ZONE = "zone.changed"
LANE = "lane.changed"
LEARNED = "days.learned"


def changed(kind: str, codes: Sequence[str]) -> Fact:
    """One fact for all that a transaction changed of a kind."""
    subject = codes[0] if len(codes) == 1 else f"{len(codes)} {kind.partition('.')[0]}s"
    return Fact(kind=kind, subject=subject, body={"codes": list(codes)})


def learned(transit: int, handling: int) -> Fact:
    """How many distributions of days in transit and of work were learned anew."""
    body = {"transit": transit, "handling": handling}
    return Fact(kind=LEARNED, subject=f"{transit + handling} distributions", body=body)
