"""What changes when terms take effect: field by field, lane by lane."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from ovunque.delivery.model import LaneRequest, Terms


class Part(StrEnum):
    """What of the terms changes."""

    SERVICE = "service"
    LANE = "lane"
    CAP = "cap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that changes; None: there was none, or there is none any more."""

    part: Part
    of: str  # A lane as `it-north > it-south`, a location; nothing for the service.
    field: str  # Of what is new or gone as a whole: `all`.
    before: Any
    after: Any


def differences(before: Terms | None, after: Terms) -> tuple[Difference, ...]:
    """All that changes; before None: the service is new."""
    return (*_of_service(before, after), *_of_lanes(before, after), *_of_caps(before, after))


def _of_service(before: Terms | None, after: Terms) -> Iterator[Difference]:
    for each in fields(after.service):
        was = getattr(before.service, each.name) if before else None
        now = getattr(after.service, each.name)
        if was != now and each.name not in ("carrier", "service"):
            yield Difference(part=Part.SERVICE, of="", field=each.name, before=was, after=now)


def _of_lanes(before: Terms | None, after: Terms) -> Iterator[Difference]:
    were = {each.key: each for each in before.lanes} if before else {}
    are = {each.key: each for each in after.lanes}
    for key in sorted(were.keys() | are.keys()):
        was, now = were.get(key), are.get(key)
        of = f"{key.from_zone} > {key.to_zone}"
        if was is None or now is None:
            yield Difference(part=Part.LANE, of=of, field="all", before=was, after=now)
        else:
            yield from _of_lane(of, was, now)


def _of_lane(of: str, was: LaneRequest, now: LaneRequest) -> Iterator[Difference]:
    for name in ("transit_days", "transit_chances_ppm", "surcharge_cents", "rates", "tariffs"):
        old, new = getattr(was, name), getattr(now, name)
        if old != new:
            yield Difference(part=Part.LANE, of=of, field=name, before=old, after=new)


def _of_caps(before: Terms | None, after: Terms) -> Iterator[Difference]:
    were = {each.location: each.parcels_per_day_max for each in before.caps} if before else {}
    are = {each.location: each.parcels_per_day_max for each in after.caps}
    for location in sorted(were.keys() | are.keys()):
        was, now = were.get(location), are.get(location)
        if was != now:
            yield Difference(
                part=Part.CAP, of=location, field="parcels_per_day_max", before=was, after=now
            )
