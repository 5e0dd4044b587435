"""Promises over HTTP: carts by three services, their whole front, and product pages.

Every question is another cart to another address, at networks of three sizes: what an answer costs
must not grow with the number of places much. `scattered` is the same network with little in each
place, so that most carts take several parcels and have to be searched for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

import msgspec
from tests.worlds import CHANNEL

from bench import nginx, serving
from bench.auditing import failures
from bench.machine import Facts, cores, facts_of
from bench.nginx import Question
from bench.options import Options
from bench.points import Point, least_disturbed
from bench.promises import build_network
from bench.report import Goal, Report, goal_of
from bench.serving import Server
from ovunque.platform.database import Database
from ovunque.platform.embedded import Cluster, throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

CLIENTS = (1, 8, 32)
QUESTIONS = 1_000
ITEMS = 20
LINES = 5
FEW_LINES = 3
SERVICES = ["home", "express", "collect"]
TOWNS = (  # Post code, and where it is in millionths of a degree.
    ("20121", 45_464_200, 9_190_000),
    ("00186", 41_902_800, 12_496_400),
    ("80121", 40_837_000, 14_240_000),
    ("50123", 43_772_000, 11_251_000),
    ("10121", 45_069_000, 7_683_000),
    ("40124", 44_492_000, 11_343_000),
    ("37121", 45_441_000, 10_995_000),
    ("16121", 44_407_000, 8_935_000),
)


@dataclass(frozen=True, slots=True)
class Network:
    """So many places, each with so much of the items."""

    locations: int
    share: float
    name: str


NETWORKS = (
    Network(500, 0.7, "500 locations"),
    Network(500, 0.2, "500 locations, scattered"),
    Network(50, 0.7, "50 locations"),
    Network(5_000, 0.7, "5,000 locations"),
)
PICKS, PAGE, FULL, FEW = "picks of 5 lines", "a product page", "the front of 5", "the front of 3"
DEMANDED = {PICKS: (500, 25.0), PAGE: (1_400, 5.0), FULL: (0, 150.0), FEW: (0, 150.0)}


def run(options: Options) -> Report:
    """Answers a second with as many API processes as cores, and what one takes."""
    nginx.refuse_without()
    points: list[Point] = []
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        facts = facts_of(cluster)
        for nth, network in enumerate(NETWORKS[: options.sizes]):
            options.tell(network.name)
            points += _of_network(cluster, f"promising_{nth}", network, options)
    return _report(facts, points)


def _of_network(cluster: Cluster, name: str, network: Network, options: Options) -> Iterator[Point]:
    cluster.ensure_database(name)
    migrate(cluster.url(name))
    with Database(cluster.url(name)) as database:
        build_network(database, network.locations, skus(), network.share)
    with serving.serve_url(cluster.url(name), workers=cores()) as server:
        questions = [*_questions(network, server)] * options.rounds
        for question, clients in product(questions, options.clients or CLIENTS):
            point = nginx.ask(question, clients, options.seconds, options.warmup_seconds)
            options.tell(f"{point.name}, {clients}: {point.per_second:.0f}/s {point.p99_ms} ms")
            yield point


def skus() -> list[str]:
    return [f"S{nth}" for nth in range(ITEMS)]


def _questions(network: Network, server: Server) -> Iterator[Question]:
    token = f"Bearer {server.crew.token}"
    asked = {
        PICKS: [*_carts(LINES)],
        FULL: [*_carts(LINES, front="full")],
        FEW: [*_carts(FEW_LINES, front="full")],
    }
    for name, bodies in asked.items():
        yield Question(
            name=f"{name}, {network.name}",
            port=server.crew.port,
            paths=["/v1/promises"],
            headers={"Authorization": token, "Content-Type": "application/json"},
            roots={"server": server.pid},
            bodies=bodies,
        )
    yield Question(
        name=f"{PAGE}, {network.name}",
        port=server.crew.port,
        paths=[*_pages()],
        headers={"Authorization": token},
        roots={"server": server.pid},
    )


def _carts(lines: int, **more: str) -> Iterator[str]:
    """Different carts to different doors of some towns."""
    chance = Random(lines)
    for _ in range(QUESTIONS):
        postal_code, latitude, longitude = chance.choice(TOWNS)
        body = {
            "channel": CHANNEL,
            "lines": [{"sku": sku, "quantity": 1} for sku in chance.sample(skus(), lines)],
            "destination": {
                "country": "IT",
                "postal_code": postal_code,
                "latitude": (latitude + chance.randint(-30_000, 30_000)) / 1e6,
                "longitude": (longitude + chance.randint(-30_000, 30_000)) / 1e6,
            },
            "services": SERVICES,
            **more,
        }
        yield msgspec.json.encode(body).decode()


def _pages() -> Iterator[str]:
    chance = Random(1)
    for _ in range(QUESTIONS):
        sku, (postal_code, *_) = chance.choice(skus()), chance.choice(TOWNS)
        yield f"/v1/promises?channel={CHANNEL}&sku={sku}&country=IT&postal_code={postal_code}"


def _report(facts: Facts, points: Sequence[Point]) -> Report:
    best = least_disturbed(points)
    return Report(
        benchmark="promises",
        facts=facts,
        points=best,
        goals=[*_goals(best)],
        violations=failures(points),
    )


def _goals(points: Sequence[Point]) -> Iterator[Goal]:
    """What is demanded with 500 locations and 8 clients; growth is for whoever reads."""
    for point in points:
        kind, _, network = point.name.partition(", ")
        per_second, p99_ms = DEMANDED[kind]
        if network != NETWORKS[0].name or point.clients != CLIENTS[1]:
            continue
        if per_second:
            figures = (point.per_second, float(per_second))
            yield goal_of(f"{kind}: a second / {per_second:,}", point.clients, figures, 1.0)
        yield goal_of(f"{kind}: {p99_ms:.0f} ms / p99", point.clients, (p99_ms, point.p99_ms), 1.0)
