"""Orders accepted a second: in process, on one hot item, over HTTP, beside three floors.

Ours and its floors take turns, so that whatever else the machine does meets them alike.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench import auditing, buyers, pgbench, profile_edge, profile_intake, serving
from bench.buyers import Load
from bench.machine import facts_of
from bench.options import Options
from bench.pgbench import BARE, ROW_LOCK, SAME_ROWS, Floor
from bench.points import Point, least_disturbed
from bench.report import Goal, Report, goal_of
from bench.serving import Visit
from bench.stage import Size, Stage, open_stage

RANDOM, HOT, HTTP = "random carts", "hot item", "over HTTP"
CLIENTS = (1, 8, 32, 128, 512)
HTTP_CLIENTS = (32, 128, 512)
HTTP_WORKERS = (1, 2)
EDGE_CLIENTS = 32
HTTP_ORDERS_MIN = 1_500
UNITS = {RANDOM: 2, HOT: 1, HTTP: 2}
# Ours for each of the floor's, at least, by clients.
DEMANDS: Mapping[tuple[str, str], Mapping[int, float]] = {
    (RANDOM, BARE): {32: 0.35, 512: 0.45},
    (RANDOM, SAME_ROWS): {32: 1.0, 512: 1.3},
    (HOT, ROW_LOCK): {32: 2.0, 512: 4.0},
}


@dataclass(slots=True)
class Campaign:
    """All measurements of one run."""

    stage: Stage
    options: Options
    points: list[Point] = field(default_factory=list)

    def note(self, point: Point) -> None:
        self.points.append(point)
        failed = f", {point.failed} FAILED" if point.failed else ""
        self.options.tell(
            f"{point.name}, {point.clients} clients: {point.per_second:,.0f}/s{failed}, "
            f"others {point.others_percent} %"
        )


def run(options: Options) -> Report:
    """The report of a whole run on a server of its own."""
    with open_stage(Size(), watched=options.profile) as stage:
        return profile(stage, options) if options.profile else measure(stage, options)


def measure(stage: Stage, options: Options) -> Report:
    facts = facts_of(stage.cluster)
    campaign = Campaign(stage, options)
    pgbench.prepare(stage)
    stage.fill_logs()
    for _ in range(options.rounds):
        for clients in options.clients or CLIENTS:
            in_process(campaign, clients)
        served = [each for each in options.clients or HTTP_CLIENTS if each in HTTP_CLIENTS]
        over_http(campaign, served)
    points = least_disturbed(campaign.points)
    return Report(
        benchmark="orders",
        facts=facts,
        points=points,
        goals=[*_ratios(points), *_http_goal(points)],
        violations=auditing.audit(stage, campaign.points, UNITS),
    )


def in_process(campaign: Campaign, clients: int) -> None:
    """Ours and its floors at so many clients, one after the other."""
    campaign.note(ours(campaign.stage, campaign.options, RANDOM, clients))
    for script in (BARE, SAME_ROWS):
        campaign.note(floor(campaign, script, clients))
    campaign.note(ours(campaign.stage, campaign.options, HOT, clients))
    campaign.note(floor(campaign, ROW_LOCK, clients))


def ours(stage: Stage, options: Options, name: str, clients: int) -> Point:
    return buyers.measure(stage, load_of(stage, options, name, clients))


def load_of(stage: Stage, options: Options, name: str, clients: int) -> Load:
    return Load(
        name=name,
        clients=clients,
        seconds=options.seconds,
        warmup_seconds=options.warmup_seconds,
        carts=buyers.hot_carts() if name == HOT else buyers.random_carts(stage, seed=clients),
    )


def floor(campaign: Campaign, script: str, clients: int) -> Point:
    asked = Floor(
        script=script,
        clients=clients,
        seconds=campaign.options.seconds,
        warmup_seconds=campaign.options.warmup_seconds,
    )
    return pgbench.measure(campaign.stage, asked)


def over_http(campaign: Campaign, counts: list[int]) -> None:
    """The server with one API process and with two."""
    for workers in HTTP_WORKERS if counts else ():
        name = f"{HTTP}, {workers} API process{'es' if workers > 1 else ''}"
        with serving.serve(campaign.stage, workers) as server:
            for clients in counts:
                asked = visit_of(campaign.stage, campaign.options, name, clients)
                campaign.note(serving.visit(campaign.stage, server, asked))


def visit_of(stage: Stage, options: Options, name: str, clients: int) -> Visit:
    return Visit(
        name=name,
        path="/v1/orders",
        clients=clients,
        seconds=options.seconds,
        warmup_seconds=options.warmup_seconds,
        skus=tuple(stage.size.skus()),
        expected=201,
    )


def _ratios(points: list[Point]) -> Iterator[Goal]:
    """Ours for each of the floor's at equal clients, demanded or not."""
    found = {(point.name, point.clients): point.per_second for point in points}
    for (name, script), minima in DEMANDS.items():
        for clients in dict.fromkeys(point.clients for point in points if point.name == name):
            figures = (found[name, clients], found[script, clients])
            yield goal_of(f"{name} / {script}", clients, figures, minima.get(clients))


def _http_goal(points: list[Point]) -> Iterator[Goal]:
    """The best of all points over HTTP against the number that is asked of two cores."""
    told = [point for point in points if point.name.startswith(HTTP)]
    if told:
        best = max(told, key=lambda point: point.per_second)
        figures = (best.per_second, float(HTTP_ORDERS_MIN))
        yield goal_of(best.name, best.clients, figures, 1.0)


def profile(stage: Stage, options: Options) -> Report:
    """Where the time of an order goes, in large batches and in small ones."""
    facts = facts_of(stage.cluster)
    counts = options.clients or (512, 32)
    loads = [load_of(stage, options, RANDOM, clients) for clients in counts]
    return Report(
        benchmark="orders",
        facts=facts,
        profiles=[
            *(profile_intake.profile(stage, load) for load in loads),
            profile_edge.profile(stage, visit_of(stage, options, HTTP, EDGE_CLIENTS)),
        ],
    )
