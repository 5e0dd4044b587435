"""Holds: kept and given back a second, beside bare SQL; and many whose time is over at once.

`--sizes 1` lets a twentieth of them expire.
"""

from bench import expiring, keepers, pgbench
from bench.buyers import Load, random_carts
from bench.expiring import EXPIRY_SECONDS_MAX, ORDERS_PER_SECOND
from bench.machine import facts_of
from bench.options import Options
from bench.pgbench import HOLD, Floor
from bench.points import Point, least_disturbed
from bench.report import Goal, Report, goal_of
from bench.stage import Size, Stage, open_stage

KEPT = "held and given back"
CLIENTS = (1, 32)
EXPIRING = (5_000, 100_000)
RATIO_MIN = 0.35  # Of the floor, which knows no keys, no plans, no quota and no journal.
P99_WORSE_MAX = 1.5


def run(options: Options) -> Report:
    """The report of a whole run on a server of its own."""
    with open_stage(Size()) as stage:
        facts = facts_of(stage.cluster)
        pgbench.prepare(stage)
        points = [*_rates(stage, options)]
        goals = _ratios(points)
        figures: dict[str, float] = {}
        violations = [f"{each.name}: {each.wrong}" for each in points if each.failed]
        for holds in EXPIRING[: options.sizes]:
            found = expiring.measure(stage, options, holds)
            figures |= found.figures
            violations += found.violations
            goals += _expiry_goals(holds, found)
    return Report(
        benchmark="holds",
        facts=facts,
        points=points,
        goals=goals,
        figures=figures,
        violations=violations,
    )


def _rates(stage: Stage, options: Options) -> list[Point]:
    """Ours and the floor take turns."""
    points = []
    for _ in range(options.rounds):
        for clients in options.clients or CLIENTS:
            load = Load(
                name=KEPT,
                clients=clients,
                seconds=options.seconds,
                warmup_seconds=options.warmup_seconds,
                carts=random_carts(stage, seed=clients),
            )
            floor = Floor(
                script=HOLD,
                clients=clients,
                seconds=options.seconds,
                warmup_seconds=options.warmup_seconds,
            )
            for point in (keepers.measure(stage, load), pgbench.measure(stage, floor)):
                points.append(point)
                options.tell(f"{point.name}, {clients} clients: {point.per_second:,.0f}/s")
    return least_disturbed(points)


def _ratios(points: list[Point]) -> list[Goal]:
    found = {(point.name, point.clients): point.per_second for point in points}
    return [
        goal_of(f"{KEPT} / bare SQL", clients, (ours, found[HOLD, clients]), _minimum(clients))
        for (name, clients), ours in found.items()
        if name == KEPT
    ]


def _minimum(clients: int) -> float | None:
    return RATIO_MIN if clients == max(CLIENTS) else None


def _expiry_goals(holds: int, found: expiring.Expiry) -> list[Goal]:
    allowed = found.p99_without_ms * P99_WORSE_MAX
    return [
        goal_of(f"s allowed / {holds:,} expired", 1, (EXPIRY_SECONDS_MAX, found.seconds), 1.0),
        goal_of(
            f"p99 allowed / p99, {ORDERS_PER_SECOND} orders/s", 1, (allowed, found.p99_with_ms), 1.0
        ),
    ]
