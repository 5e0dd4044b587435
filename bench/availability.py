"""Availability of fifty items over HTTP, beside the smallest answer that the same server gives."""

from collections.abc import Iterator, Sequence

from bench import serving
from bench.auditing import failures
from bench.machine import facts_of
from bench.options import Options
from bench.orders import Campaign
from bench.points import Point, least_disturbed
from bench.report import Goal, Report, goal_of
from bench.serving import Visit
from bench.stage import Size, Stage, open_stage

ITEMS = 50
CLIENTS = (1, 32)
AVAILABILITY, STATIC = "availability of 50 items", "a static answer"
STATIC_PATH = "/livez"
RATIO_MIN = 0.1


def run(options: Options) -> Report:
    """Answers a second of one API process, and the ratio to its static ones."""
    with open_stage(Size(items=500)) as stage:
        facts, campaign = facts_of(stage.cluster), Campaign(stage, options)
        with serving.serve(stage, workers=1) as server:
            for asked in [*_visits(stage, options)] * options.rounds:
                campaign.note(serving.visit(server, asked))
    points = least_disturbed(campaign.points)
    return Report(
        benchmark="availability",
        facts=facts,
        points=points,
        goals=[*_goals(points)],
        violations=failures(campaign.points),
    )


def _visits(stage: Stage, options: Options) -> Iterator[Visit]:
    skus = "&".join(f"sku={sku}" for sku in stage.size.skus()[:ITEMS])
    paths = {STATIC: STATIC_PATH, AVAILABILITY: f"/v1/availability?channel=web-it&{skus}"}
    for clients in options.clients or CLIENTS:
        for name, path in paths.items():
            yield Visit(
                name=name,
                path=path,
                clients=clients,
                seconds=options.seconds,
                warmup_seconds=options.warmup_seconds,
            )


def _goals(points: Sequence[Point]) -> Iterator[Goal]:
    found = {(point.name, point.clients): point.per_second for point in points}
    for clients in dict.fromkeys(point.clients for point in points):
        figures = (found[AVAILABILITY, clients], found[STATIC, clients])
        yield goal_of(f"{AVAILABILITY} / {STATIC}", clients, figures, RATIO_MIN)
