"""Availability over HTTP, beside a static answer of nginx in the same run, at three sizes.

The same questions with a network a hundred times as large: what an answer costs must not grow.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from random import Random

from bench import nginx, serving
from bench.assortment import Assortment, furnish
from bench.auditing import failures
from bench.machine import Facts, cores, facts_of
from bench.nginx import Question
from bench.options import Options
from bench.points import Point, least_disturbed
from bench.report import Goal, Report, goal_of
from bench.serving import Server
from ovunque.platform.embedded import Cluster, throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

SIZES = (
    Assortment(items=1_000, locations=500, places=50),
    Assortment(items=10_000, locations=500, places=50),
    Assortment(items=100_000, locations=500, places=50),
)
CLIENTS = (1, 8, 32)
ITEMS = (1, 50)
QUESTIONS = 1_000
RATIO_MIN = 0.2
GROWTH_MAX = 1.3
PER_SECOND_MIN = {1: 26_000 / 1.5, 50: 4_000 / 1.5}  # The aim is half as much again.
STATIC = "nginx"


def run(options: Options) -> Report:
    """Answers a second with as many API processes as cores, and the ratio to nginx's."""
    nginx.refuse_without()
    points: list[Point] = []
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        facts = facts_of(cluster)
        for size in SIZES[: options.sizes]:
            points += _of_size(cluster, size, options)
    return _report(facts, points)


def _of_size(cluster: Cluster, size: Assortment, options: Options) -> Iterator[Point]:
    name = f"availability_{size.levels}"
    cluster.ensure_database(name)
    migrate(cluster.url(name))
    furnish(cluster.url(name), size)
    options.tell(f"{size.levels:,} levels")
    with serving.serve_url(cluster.url(name), workers=cores()) as server:
        paths = {count: _paths(size, count) for count in ITEMS}
        bodies = {f"{count}.json": serving.get(server, paths[count][0]) for count in ITEMS}
        with nginx.serve_static(bodies, processes=cores()) as static:
            asked = [*_questions(size, server, static, paths)] * options.rounds
            for question, clients in product(asked, options.clients or CLIENTS):
                yield nginx.ask(question, clients, options.seconds, options.warmup_seconds)


def _paths(size: Assortment, count: int) -> list[str]:
    """Different items in each question, drawn from all."""
    chance, skus = Random(count), size.skus()
    return [
        "/v1/availability?channel=web-it&" + "&".join(f"sku={sku}" for sku in chosen)
        for chosen in (chance.sample(skus, count) for _ in range(QUESTIONS))
    ]


def _questions(
    size: Assortment, server: Server, static: tuple[int, int], paths: Mapping[int, Sequence[str]]
) -> Iterator[Question]:
    pid, port = static
    for count in ITEMS:
        yield Question(
            name=f"{STATIC}, the answer of {count}",
            port=port,
            paths=[f"/{count}.json"],
            headers={},
            roots={"server": pid},
        )
        yield Question(
            name=_name(count, size.levels),
            port=server.crew.port,
            paths=paths[count],
            headers={"Authorization": f"Bearer {server.crew.token}"},
            roots={"server": server.pid},
        )


def _name(count: int, levels: int) -> str:
    return f"availability of {count}, {levels:,} levels"


def _report(facts: Facts, points: Sequence[Point]) -> Report:
    best = least_disturbed(points)
    return Report(
        benchmark="availability",
        facts=facts,
        points=best,
        goals=[*_goals(best)],
        violations=failures(points),
    )


def _goals(points: Sequence[Point]) -> Iterator[Goal]:
    """Ours to nginx's in rate, against the aims, and the cost at each size to that of the least."""
    found = {(point.name, point.clients): point for point in points}
    for (name, clients), ours in found.items():
        count = next((each for each in ITEMS if name.startswith(f"availability of {each},")), None)
        if count is None:
            continue
        static = found[f"{STATIC}, the answer of {count}", clients]
        least = found[_name(count, SIZES[0].levels), clients]
        rates = ours.per_second, static.per_second
        yield goal_of(f"{name} / nginx", clients, rates, RATIO_MIN)
        costs = least.cpu_us["server"] * GROWTH_MAX, ours.cpu_us["server"]
        yield goal_of(f"{GROWTH_MAX} x us at first / us, {name}", clients, costs, 1.0)
        rates = ours.per_second, PER_SECOND_MIN[count]
        yield goal_of(f"{name} / what is asked", clients, rates, 1.0)
