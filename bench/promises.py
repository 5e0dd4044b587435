"""How long it takes to quote a cart in memory: options, front, picks, tokens."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import product
from random import Random

import msgspec
import numpy as np
from tests.problems import Shape, random_problem
from tests.worlds import CHANNEL, LOCATIONS_MAX, World, build, place_code

from bench.machine import facts_of
from bench.options import Options
from bench.report import Goal, Report, goal_of
from bench.stage import BUYERS
from ovunque.api.promises import show_options
from ovunque.network.listing import find_location
from ovunque.network.model import LocationRequest
from ovunque.network.saving import save_locations
from ovunque.platform.clock import new_id_source, now
from ovunque.platform.database import Database, Tx
from ovunque.platform.embedded import throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings
from ovunque.promise import sealing
from ovunque.promise.model import Address, CartLine, PromiseRequest
from ovunque.promise.quoting import quote
from ovunque.promise.rules.front import front
from ovunque.promise.sealing import Promises
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.planning import snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot

LOCATIONS = (50, 500)
LINES = (1, 3, 5)
ROUNDS = 5
FRONTS, SLIDERS = 60, 2_000
SEALED = bytes(range(32))
MILAN = Address(country="IT", postal_code="20121", at_e6=(45_464_200, 9_190_000))
WAYS: dict[str, tuple[str, ...]] = {"home": ("home",), "all services": ()}
MICROSECONDS_MAX = 30_000  # Of a cart of five lines by all services among 500 locations.


def run(options: Options) -> Report:
    """Microseconds of one answer, the median of some rounds, for networks of two sizes."""
    found: dict[str, float] = {}
    with throwaway(read_settings().pg_bin) as cluster:
        facts = facts_of(cluster)
        for locations in LOCATIONS:
            name = f"promises_{locations}"
            cluster.ensure_database(name)
            migrate(cluster.url(name))
            with Database(cluster.url(name)) as database:
                build_network(database, locations, [f"S{nth}" for nth in range(max(LINES))])
                snapshot = database.read(sourcing_snapshot.load)
                promises = database.transact(lambda tx: sealing.load(tx, SEALED, now()))
            for lines, (way, services) in product(LINES, WAYS.items()):
                key = f"us, {lines} lines, {way}, {locations} locations"
                found[key] = _microseconds(snapshot, promises, lines, services)
                options.tell(f"{key}: {found[key]:.0f}")
    goals = [_goal(found)]
    return Report(benchmark="quotes", facts=facts, goals=goals, figures=found | dict(_reached()))


def _reached() -> Iterator[tuple[str, float]]:
    """How many points of random fronts some weights would find, of all there are."""
    weights = np.random.default_rng(1).dirichlet([0.5, 0.5, 0.5], SLIDERS)
    total = reached = 0
    for seed in range(FRONTS):
        rng = np.random.default_rng(seed)
        points = front(random_problem(rng, Shape(items=4, locations=24, scarce=True)))
        told = np.array([(each.arrives, each.cents, each.grams) for each in points], float)
        if len(told):
            told = (told - told.min(axis=0)) / np.maximum(np.ptp(told, axis=0), 1)
            reached += len(np.unique((told @ weights.T).argmin(axis=0)))
            total += len(told)
    yield f"points of {FRONTS} fronts of 4 lines", float(total)
    yield "  of them missed by weighted sums", float(total - reached)


def _goal(found: dict[str, float]) -> Goal:
    figures = (float(MICROSECONDS_MAX), max(found.values()))
    return goal_of("us to spare / us of the dearest answer", 1, figures, 1.0)


def build_network(
    database: Database, locations: int, skus: Sequence[str], share: float = 0.7
) -> None:
    """Places all over Italy, each with its own costs and hours, and with that share of items."""
    rng = Random(locations)
    stock = {
        (place_code(nth), sku): rng.randint(1, 9)
        for nth in range(locations)
        for sku in skus
        if rng.random() < share
    }
    world = World(locations=locations, skus=skus, stock=stock)
    build(database, world, BUYERS, new_id_source(), now())
    database.transact(lambda tx: _spread(tx, world, rng))


def _spread(tx: Tx, world: World, rng: Random) -> None:
    places = []
    for code in world.codes():
        place = asdict(find_location(tx, code))
        for name in place.keys() - LocationRequest.__dataclass_fields__.keys():
            del place[name]
        place["latitude_e6"] = rng.randint(37_000_000, 46_000_000)
        place["longitude_e6"] = rng.randint(8_000_000, 16_000_000)
        place["handling_minutes"] = rng.choice((60, 240, 1_500, 3_000))
        place["handling_cents"] = rng.randint(80, 400)
        places.append(LocationRequest(**place))
    for start in range(0, len(places), LOCATIONS_MAX):
        save_locations(tx, BUYERS, places[start : start + LOCATIONS_MAX], now(), new_id_source())


def _microseconds(
    snapshot: Snapshot, promises: Promises, lines: int, services: tuple[str, ...]
) -> float:
    """An answer with its tokens, as the route gives it."""
    request = PromiseRequest(
        channel=CHANNEL,
        lines=tuple(CartLine(sku=f"S{nth}", quantity=1) for nth in range(lines)),
        address=MILAN,
        services=services,
    )
    return round(statistics.median(_rounds(snapshot, promises, request)), 1)


def _rounds(snapshot: Snapshot, promises: Promises, request: PromiseRequest) -> Iterator[float]:
    at = now()
    for _ in range(ROUNDS):
        count, began = 0, time.process_time()
        while (took := time.process_time() - began) < 0.2:
            found = quote(snapshot, snapshot_shelf(snapshot, at), promises.prices, request, at)
            msgspec.json.encode(show_options(found, CHANNEL, snapshot, promises))
            count += 1
        yield took / max(1, count) * 1e6
