"""A promise that does not hold any more: what was, what is, and why, for programs and in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from msgspec import Struct

from ovunque.api.decisions import code_of
from ovunque.api.orders_bodies import Price
from ovunque.api.promises import show_options
from ovunque.delivery.rules.places import zone_of_country
from ovunque.kernel.money import worded
from ovunque.orders.ports import Anew
from ovunque.promise.comparing import collected_at
from ovunque.promise.model import Cause, Change, Option, Why
from ovunque.promise.sealing import Promises
from ovunque.sourcing.snapshot import Snapshot

# Sentences for people, beside the figures for programs.
REASONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        Cause.UNITS_GONE: "{place} has {available} of {wanted} left of {sku}",
        Cause.TOO_LATE: "{place} cannot hand it over by {leaves} any more",
        Cause.LOCATION_CLOSED: "{place} serves no orders now",
        Cause.NO_WAY: "no carrier brings it from {place} any more",
    },
    "it": {
        Cause.UNITS_GONE: "{place} ha ancora {available} di {wanted} di {sku}",
        Cause.TOO_LATE: "{place} non può più consegnarlo entro {leaves}",
        Cause.LOCATION_CLOSED: "{place} ora non serve ordini",
        Cause.NO_WAY: "nessun corriere lo porta più da {place}",
    },
}
RESULTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "later": "it arrives {now} instead of {was}",
        "same": "it still arrives {now}",
        "dearer": "for {by} more",
        "cheaper": "for {by} less",
        "heavier": "with {by} g more",
        "lighter": "with {by} g less",
        "nothing": "it cannot be had like this any more",
        "aged": "The promise was too old",
    },
    "it": {
        "later": "arriva {now} invece di {was}",
        "same": "arriva sempre {now}",
        "dearer": "per {by} in più",
        "cheaper": "per {by} in meno",
        "heavier": "con {by} g in più",
        "lighter": "con {by} g in meno",
        "nothing": "così non si può più avere",
        "aged": "La promessa era troppo vecchia",
    },
}
MOMENT = "EEEE d MMMM, HH:mm"


class Instants(Struct, kw_only=True):
    was: datetime
    now: datetime


class Grams(Struct, kw_only=True):
    was: int
    now: int


class Prices(Struct, kw_only=True):
    was: Price
    now: Price


class Places(Struct, kw_only=True):
    was: list[str]
    now: list[str]


class WhyShown(Struct, kw_only=True, omit_defaults=True):
    cause: Cause
    location: str
    sku: str | None = None
    wanted: int | None = None
    available: int | None = None
    leaves: datetime | None = None


class ChangeShown(Struct, kw_only=True, omit_defaults=True):
    """Of one delivery; `nearest` is the place of what is most like it among the options."""

    delivery: int
    why: list[WhyShown]
    sentences: dict[str, str]
    nearest: int | None = None
    arrives: Instants | None = None
    customer_price: Prices | None = None
    emissions_g: Grams | None = None
    cost: Prices | None = None
    locations: Places | None = None


def show_anew(anew: Anew, snapshot: Snapshot, promises: Promises) -> Mapping[str, Any]:
    """The present options with their tokens, and what changed of each delivery."""
    options = [
        shown
        for each in anew.quotes
        for shown in show_options(each, anew.channel, snapshot, promises, costs=anew.costs)
    ]
    return {
        "options": options,
        "changes": [show_change(anew, each, snapshot) for each in anew.changes],
    }


def show_change(anew: Anew, change: Change, snapshot: Snapshot) -> ChangeShown:
    was, now = change.was, change.now
    currency = snapshot.network.channels[anew.channel].channel.currency
    shown = ChangeShown(
        delivery=change.delivery,
        why=[show_why(each, snapshot) for each in change.whys],
        sentences={each: say(each, change, snapshot, currency) for each in REASONS},
    )
    if now is None:
        return shown
    shown.nearest = next(nth for nth, each in enumerate(anew.options) if each is now)
    shown.arrives = Instants(was=was.latest, now=now.latest)
    shown.emissions_g = Grams(was=was.emissions_g, now=now.emissions_g)
    shown.customer_price = Prices(
        was=Price(was.customer_price, currency), now=Price(now.customer_price, currency)
    )
    if anew.costs and was.cost_cents is not None:
        shown.cost = Prices(
            was=Price(was.cost_cents, currency), now=Price(now.cost_cents, currency)
        )
    shown.locations = Places(was=_codes(was.parcels, snapshot), now=_codes(now.parcels, snapshot))
    return shown


def _codes(parcels: Sequence[Any], snapshot: Snapshot) -> list[str]:
    return sorted({code_of(each.location_id, snapshot) for each in parcels})


def show_why(why: Why, snapshot: Snapshot) -> WhyShown:
    return WhyShown(
        cause=why.cause,
        location=code_of(why.location_id, snapshot),
        sku=why.sku,
        wanted=why.wanted or None,
        available=why.available if why.sku else None,
        leaves=why.leaves,
    )


def say(language: str, change: Change, snapshot: Snapshot, currency: str) -> str:
    """One sentence: why, and what is different now."""
    words = Words(language, zone_of(change, snapshot), currency)
    whys = [words.reason(each, snapshot) for each in change.whys]
    why = ", ".join(dict.fromkeys(whys)) or RESULTS[language]["aged"]
    return f"{why}: {words.result(change, change.now)}."


def zone_of(change: Change, snapshot: Snapshot) -> tzinfo:
    """By the clock of where it arrives."""
    place, network = collected_at(change.was), snapshot.network
    if place is not None and place in network.position_of:
        return ZoneInfo(network.locations[network.position_of[place]].time_zone)
    zone = zone_of_country(change.was.destination.partition(" ")[0])
    return zone or ZoneInfo("UTC")


class Words:
    """A language, a clock and a currency."""

    def __init__(self, language: str, zone: tzinfo, currency: str) -> None:
        self._language, self._zone, self._currency = language, zone, currency
        self._said = RESULTS[language]

    def reason(self, why: Why, snapshot: Snapshot) -> str:
        network = snapshot.network
        at = network.position_of.get(why.location_id)
        place = code_of(why.location_id, snapshot) if at is None else network.locations[at].name
        return REASONS[self._language][why.cause].format(
            place=place,
            available=why.available,
            wanted=why.wanted,
            sku=why.sku,
            leaves=self.moment(why.leaves) if why.leaves else "",
        )

    def result(self, change: Change, now: Option | None) -> str:
        if now is None:
            return self._said["nothing"]
        was = change.was
        moved = "same" if now.latest == was.latest else "later"
        parts = [self._said[moved].format(now=self.moment(now.latest), was=self.moment(was.latest))]
        price = now.customer_price - was.customer_price
        if price:
            by = worded(abs(price), self._currency, Locale.parse(self._language))
            parts.append(self._said["dearer" if price > 0 else "cheaper"].format(by=by))
        grams = now.emissions_g - was.emissions_g
        if grams:
            parts.append(self._said["heavier" if grams > 0 else "lighter"].format(by=abs(grams)))
        return ", ".join(parts)

    def moment(self, at: datetime) -> str:
        return format_datetime(at, MOMENT, tzinfo=self._zone, locale=self._language)
