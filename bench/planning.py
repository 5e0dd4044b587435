"""How long it takes to plan an order in memory, and how that grows with lines and locations."""

import statistics
import time
from collections.abc import Iterator, Mapping

from tests.worlds import CHANNEL, World, build, order_request, place_code

from bench.machine import facts_of
from bench.options import Options
from bench.report import Goal, Report, goal_of
from bench.stage import BUYERS
from ovunque.orders.drafting import draft
from ovunque.platform.clock import new_id_source, now
from ovunque.platform.database import Database
from ovunque.platform.embedded import throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.planning import Wish, plan, snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot

LOCATIONS = (20, 200)
LINES = (1, 2, 3, 6)
ROUNDS = 5
MICROSECONDS_MAX = 2_000  # Of one plan on the event loop.


def run(options: Options) -> Report:
    """Microseconds of one plan, the median of some rounds, for networks of two sizes."""
    found: dict[tuple[int, int], float] = {}
    with throwaway(read_settings().pg_bin) as cluster:
        facts = facts_of(cluster)
        for locations in LOCATIONS:
            name = f"planning_{locations}"
            cluster.ensure_database(name)
            migrate(cluster.url(name))
            snapshot = _snapshot(cluster.url(name), locations)
            for lines in LINES:
                found[locations, lines] = _microseconds(snapshot, lines, options.seconds)
                options.tell(
                    f"{lines} lines, {locations} locations: {found[locations, lines]:.0f} us"
                )
    return Report(
        benchmark="planning", facts=facts, goals=[*_goals(found)], figures=_figures(found)
    )


def _figures(found: Mapping[tuple[int, int], float]) -> dict[str, float]:
    small, large = LOCATIONS
    told = {f"us, {n} lines, {places} locations": us for (places, n), us in found.items()}
    grown = {
        f"times, {n} lines, {large} locations against {small}": found[large, n] / found[small, n]
        for n in LINES
    }
    return {name: round(value, 2) for name, value in (told | grown).items()}


def _snapshot(url: str, locations: int) -> Snapshot:
    skus = [f"S{nth}" for nth in range(max(LINES) * 2)]
    stock = {(place_code(nth), sku): 1_000 for nth in range(locations) for sku in skus}
    with Database(url) as database:
        world = World(locations=locations, skus=skus, stock=stock)
        build(database, world, BUYERS, new_id_source(), now())
        return database.read(sourcing_snapshot.load)


def _microseconds(snapshot: Snapshot, lines: int, seconds: float) -> float:
    """The median round; each plans on a shelf of its own, as the intake does."""
    request = order_request([(f"S{nth}", 1) for nth in range(lines)], "buyer")
    drafted = draft(request, snapshot, snapshot_shelf(snapshot, now()), new_id_source())
    channel = snapshot.network.channels[CHANNEL]
    wish = Wish(channel=channel, needs=drafted.needs, whole=True, now=now())
    return statistics.median(_rounds(snapshot, wish, seconds / ROUNDS / len(LINES)))


def _rounds(snapshot: Snapshot, wish: Wish, seconds: float) -> Iterator[float]:
    for _ in range(ROUNDS):
        count, began = 0, time.perf_counter()
        while (took := time.perf_counter() - began) < seconds:
            assert plan(snapshot, snapshot_shelf(snapshot, wish.now), wish) is not None
            count += 1
        yield took / max(1, count) * 1e6


def _goals(found: Mapping[tuple[int, int], float]) -> Iterator[Goal]:
    """The dearest plan stays below what the event loop can spare."""
    (_, lines), dearest = max(found.items(), key=lambda each: each[1])
    figures = (float(MICROSECONDS_MAX), dearest)
    yield goal_of(f"us to spare / us of the dearest plan, {lines} lines", 1, figures, 1.0)
