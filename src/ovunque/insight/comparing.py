"""What other terms of a carrier would have meant for the newest parcels."""

from datetime import date

from ovunque.delivery import drafting
from ovunque.delivery.drafting import Standing
from ovunque.delivery.model import Terms
from ovunque.delivery.rules import last_turn
from ovunque.delivery.rules.effects import Effects, Errand, effects
from ovunque.insight import store
from ovunque.platform.database import Tx

PARCELS_MAX = 500


def compare(tx: Tx, terms: Terms, standing: Standing, today: date) -> Effects:
    """Who would have been cheapest for each of them, with the terms that stand and with these.

    Where the service or prices begin later, on the day of the last of that: it is what is agreed
    anew.
    """
    places = {each.id: each for each in drafting.list_all_locations(tx)}
    zones = standing.zones
    errands = []
    for order, location_id, weight_g, promise, country, postal in store.list_parcel_ways(
        tx, PARCELS_MAX
    ):
        at = places[location_id]
        start, end = zones.zone_of(at.country, at.postal_code), zones.zone_of(country, postal)
        if start is not None and end is not None:
            errand = Errand(
                order=order,
                from_zone=start,
                to_zone=end,
                country=at.country,
                weight_g=weight_g,
                promise=promise,
            )
            errands.append(errand)
    begins = (last_turn(terms), terms.service.valid_from)
    day = max([today, *(each for each in begins if each is not None)])
    return effects(errands, standing.routes(day=day), standing.routes(terms, day))
