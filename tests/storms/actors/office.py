"""People at the head office: they change what is protected, and decide about feeds that wait."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from tests.factories import TESTER
from tests.storms.kernel import Actor, Asking, Call, insist
from tests.storms.town import CODES, SKUS, Town
from tests.storms.weather import Fault
from tests.worlds import CHANNEL

from ovunque.api.feeds import Nothing, post_feed_acceptance, post_feed_rejection
from ovunque.api.idempotent import OnceOnly
from ovunque.api.incidents import IncidentBody, post_incident
from ovunque.api.protections import ProtectionBody, delete_protection, put_protection

SOMEBODY_ELSE = replace(TESTER, name="head office", client_id=UUID(int=8))
RULES = ("rule-1", "rule-2")


def merchandiser(town: Town) -> Actor:
    """Protects units and gives them free again, while orders and holds come in."""
    sim = town.sim
    while not sim.weather.calm:
        yield sim.between(20, 120)
        if sim.weather.strikes(Fault.PROTECTS):
            yield from protect(town, sim.chance.choice(RULES))
    for code in RULES:
        yield from give_free(town, code)


def dispatcher(town: Town) -> Actor:
    """Declares what has happened, and ends it by hand or lets its time end it."""
    sim = town.sim
    while not sim.weather.calm:
        yield sim.between(60, 240)
        if sim.weather.strikes(Fault.INCIDENT):
            extent: dict[str, Any] = sim.chance.choice(
                (
                    {"location": sim.chance.choice(CODES)},
                    {"carrier": "gls", "service": "standard"},
                    {"carrier": "gls", "country": "IT", "postal_prefix": "20"},
                )
            )
            ends_at = sim.now + sim.between(30, 180)
            body = IncidentBody.model_validate(
                {**extent, "reason": "It happens.", "ends_at": ends_at}
            )
            yield from change(town, "incident by", lambda call, body=body: post_one(body, call))


def post_one(body: IncidentBody, call: Any) -> Response:
    """Under no key: who does not hear the answer declares it again, and both end."""
    return post_incident(body, call, OnceOnly(call, None))


def protect(town: Town, code: str) -> Asking:
    sim = town.sim
    if sim.chance.random() < 0.3:
        yield from give_free(town, code)
        return
    kind = sim.chance.choice(("buffer", "buffer", "share", "stop"))
    rule: dict[str, Any] = {"code": code, "kind": kind}
    if kind != "stop":
        rule |= {"units": sim.chance.choice((1, 1, 2)), "percent": sim.chance.choice((None, 30))}
    if kind == "share":
        rule["channels"] = [CHANNEL]
    if sim.chance.random() < 0.7:
        rule["sku"] = sim.chance.choice(SKUS)
    if sim.chance.random() < 0.5:
        rule["location"] = sim.chance.choice(CODES)
    body = ProtectionBody.model_validate(rule)
    yield from change(
        town, f"{kind} by {code}", lambda call: put_protection(code, body, call, None)
    )


def give_free(town: Town, code: str) -> Asking:
    """A rule that is not there any more is not found: somebody asked twice."""

    def work(call: Any) -> Response:
        delete_protection(code, call)
        return Response("{}")

    yield from change(town, f"no more {code}", work)


def change(town: Town, what: str, work: Any) -> Asking:
    def do(api: Any, reply: Any) -> None:
        reply(api.run(TESTER, None, lambda call, _: work(call)))

    return (yield from insist(Call(what, do), town.sim))


def decider(town: Town) -> Actor:
    """Looks at feeds that wait for a person, and may be wrong about them."""
    sim = town.sim
    while True:
        yield sim.between(10, 90)
        for (feed_id,) in waiting(town):
            wrong = sim.weather.strikes(Fault.WRONG_DECISION)
            yield from decide(town, feed_id, accepts=not wrong)
            if sim.rare("feed.decided_again"):
                answer = yield from decide(town, feed_id, accepts=wrong)
                assert not answer.done, answer


def waiting(town: Town) -> list[Any]:
    return town.database.look("select id from stock_feed where state = 'held' order by id")


def accept(town: Town, feed_id: UUID) -> Actor:
    yield from decide(town, feed_id, accepts=True)


def decide(town: Town, feed_id: UUID, *, accepts: bool) -> Asking:
    decision = post_feed_acceptance if accepts else post_feed_rejection
    route = partial(decision, feed_id, Nothing())
    key = f"feed-{accepts}-{town.sim.chance.getrandbits(40):010x}"

    def do(api: Any, reply: Any) -> None:
        reply(api.run(SOMEBODY_ELSE, key, route, str(feed_id)))

    return (yield from insist(Call("feed accepted" if accepts else "feed rejected", do), town.sim))
