"""Which zone an address lies in, by code: for questions that are asked now and then."""

from collections.abc import Iterable

from ovunque.delivery.model import Zone, ZoneArea
from ovunque.delivery.rules import contains, normal_postal, precision


class ZoneMap:
    """Of several areas the one that is drawn most closely wins, then the lower zone code."""

    def __init__(self, zones: Iterable[Zone]) -> None:
        self._areas: dict[str, list[tuple[int, str, ZoneArea]]] = {}
        self.countries: dict[str, str] = {}  # By zone, one of its countries.
        for zone in zones:
            self.countries[zone.code] = next((each.country for each in zone.areas), "")
            for area in zone.areas:
                found = self._areas.setdefault(area.country, [])
                found.append((-precision(area), zone.code, area))
        for group in self._areas.values():
            group.sort()

    def zone_of(self, country: str, postal_code: str) -> str | None:
        """None where nobody delivers."""
        postal = normal_postal(postal_code)
        found = self._areas.get(country, ())
        return next((code for _, code, area in found if contains(area, postal)), None)
