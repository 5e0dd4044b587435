"""Carriers: they come, take parcels, and tell what they see: late, twice, in any order."""

from datetime import datetime
from functools import partial
from typing import Any

from tests.factories import TESTER
from tests.storms.kernel import Actor, Asking, Call, insist
from tests.storms.town import Town
from tests.storms.weather import Fault

from ovunque.api.bodies import show_instant
from ovunque.api.manifests import ManifestBody, post_manifest
from ovunque.api.parcels import CarrierEventsBody, post_carrier_events

CARRIER = "gls"
ON_THE_WAY = ("in_transit", "out_for_delivery", "available_for_pickup", "failed_attempt")
ASTRAY = ("lost", "damaged", "returned_to_sender")


def carrier(town: Town, code: str) -> Actor:
    """The driver who comes to a location every few hours."""
    sim = town.sim
    while True:
        yield sim.between(60, 200)
        waiting = town.database.look(
            "select tracking from parcel where location_id = %s and state = 'labeled' order by id",
            town.ids[code],
        )
        if waiting and sim.weather.strikes(Fault.UNSCANNED):
            take(town, code, waiting[0][0])
        elif waiting or sim.rare("carrier.comes_for_nothing"):
            yield from visit(town, code)


def visit(town: Town, code: str) -> Asking:
    sim = town.sim
    key = f"manifest-{sim.chance.getrandbits(40):010x}"
    body = ManifestBody(location=code, carrier=CARRIER)
    route = partial(post_manifest, body)
    call = Call(
        f"manifest at {code}",
        lambda api, reply: reply(api.run(TESTER, key, route, body.model_dump_json())),
    )
    answer = yield from insist(call, sim)
    for parcel in answer.body["parcels"] if answer.done else ():
        take(town, code, parcel["tracking"])


def take(town: Town, code: str, tracking: str) -> None:
    """A parcel leaves the house, scanned or not."""
    if tracking in town.gone:
        return
    town.gone.add(tracking)
    inside = town.database.look(
        "select line.sku, line.quantity from parcel "
        "join fulfillment_line as line on line.parcel_id = parcel.id "
        "where parcel.tracking = %s order by line.sku, line.reservation_id",
        tracking,
    )
    town.leave(code, inside)
    town.sim.spawn(f"parcel {tracking}", journey(town, tracking))


def journey(town: Town, tracking: str) -> Actor:
    """What is seen of a parcel until it has arrived, or ended otherwise."""
    sim = town.sim
    words: list[tuple[str, str, datetime]] = []
    for nth in range(sim.chance.randint(1, 3)):
        yield sim.between(20, 200)
        words.append((f"{tracking}-{nth}", sim.chance.choice(ON_THE_WAY), sim.now))
        if sim.rare("carrier.keeps_a_word_back"):
            continue
        yield from tell(town, words)
        words = [] if not sim.rare("carrier.says_it_again") else words
    yield sim.between(20, 200)
    end = sim.chance.choice(ASTRAY) if sim.weather.strikes(Fault.STRAYS) else "delivered"
    words.append((f"{tracking}-end", end, sim.now))
    if end == "delivered":
        town.arrives(tracking)
    if sim.rare("carrier.tells_backwards"):
        words.reverse()
    yield from tell(town, words)


def tell(town: Town, words: list[tuple[str, str, datetime]]) -> Asking:
    events = [
        {
            "id": id_,
            "tracking": id_.rpartition("-")[0],
            "state": state,
            "occurred_at": show_instant(at),
        }
        for id_, state, at in words
    ]
    body = CarrierEventsBody.model_validate({"carrier": CARRIER, "events": events})
    route = partial(post_carrier_events, body)

    def do(api: Any, reply: Any) -> None:
        reply(api.run(TESTER, None, route))  # Each word has an id of its own: no key is needed.

    yield from insist(Call(f"{len(words)} words", do), town.sim)
