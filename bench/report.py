"""What a benchmark tells: its figures, the ratios that are demanded, and what must not be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.machine import Facts
from bench.points import Point
from bench.profiling import Profile

BUSY_PERCENT = 5
AIM = 1.5  # We aim for half as much again as we demand.


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure of ours against a floor of the same run, or against a number."""

    name: str
    clients: int
    ours: float
    floor: float
    value: float  # Ours for each of the floor's.
    minimum: float | None  # None: nothing is demanded at so many clients.
    verdict: str


def goal_of(name: str, clients: int, figures: tuple[float, float], minimum: float | None) -> Goal:
    ours, floor = figures
    value = round(ours / floor, 3) if floor else 0.0
    return Goal(
        name=name,
        clients=clients,
        ours=round(ours, 1),
        floor=round(floor, 1),
        value=value,
        minimum=minimum,
        verdict="" if minimum is None else verdict(value, minimum),
    )


def verdict(value: float, minimum: float) -> str:
    if value >= minimum * AIM:
        return "met, and the aim"
    return "met" if value >= minimum else "NOT MET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one benchmark found. With a violation its figures are worth nothing."""

    benchmark: str
    facts: Facts
    points: Sequence[Point] = ()
    goals: Sequence[Goal] = ()
    profiles: Sequence[Profile] = ()
    figures: Mapping[str, float] = field(default_factory=dict)  # What is no table.
    violations: Sequence[str] = ()


def lines_of(report: Report) -> Iterable[str]:
    """The report for people."""
    facts = report.facts
    yield f"{report.benchmark}"
    yield (
        f"  {facts.cores} cores ({facts.processor}), load {facts.load_before} before; "
        f"PostgreSQL {facts.postgres}, fsync {'on' if facts.durable else 'off'}; "
        f"Python {facts.python}; {facts.system}"
    )
    others = median([point.others_percent for point in report.points] or [0])
    if others >= BUSY_PERCENT:
        yield f"  Others used {others:.0f} % of the machine meanwhile: trust none; try --rounds 5."
    yield from _points(report.points)
    yield from _goals(report.goals)
    for profile in report.profiles:
        yield from _profile(profile)
    if report.figures:
        rows = [[name, f"{value:,.1f}"] for name, value in report.figures.items()]
        yield from ("", *table(["figure", "value"], rows))
    yield from (f"  VIOLATION {violation}" for violation in report.violations)


def _points(points: Sequence[Point]) -> Iterable[str]:
    """One table for each kind of measurement; processor time is in microseconds an order."""
    for name in dict.fromkeys(point.name for point in points):
        told = [point for point in points if point.name == name]
        parts = list(told[0].cpu_us)
        titles = ["clients", "per second", "p50 ms", "p99 ms", *(f"{part} us" for part in parts)]
        yield from ("", f"  {name}")
        yield from table(
            [*titles, "batch", "others %"],
            [
                [
                    str(point.clients),
                    f"{point.per_second:,.0f}",
                    f"{point.p50_ms:,.1f}",
                    f"{point.p99_ms:,.1f}",
                    *(f"{point.cpu_us[part]:,.0f}" for part in parts),
                    "" if point.batch_mean is None else f"{point.batch_mean:,.1f}",
                    str(point.others_percent),
                ]
                for point in told
            ],
        )


def _goals(goals: Sequence[Goal]) -> Iterable[str]:
    if not goals:
        return
    yield ""
    yield from table(
        ["goal", "clients", "ours", "floor", "value", "at least", ""],
        [
            [
                goal.name,
                str(goal.clients),
                f"{goal.ours:,.0f}",
                f"{goal.floor:,.0f}",
                f"{goal.value:,.2f}",
                "" if goal.minimum is None else f"{goal.minimum:,.2f}",
                goal.verdict,
            ]
            for goal in goals
        ],
    )


def _profile(profile: Profile) -> Iterable[str]:
    yield ""
    yield f"  Where the time goes: {profile.name}, {profile.orders:,} orders"
    for title, costs in profile.parts.items():
        yield from ("", f"  {title}: us an order")
        yield from table(
            ["us", "calls a batch", "logged bytes", "what"],
            [
                [
                    f"{cost.us:,.1f}",
                    f"{cost.calls:,.2f}" if cost.calls else "",
                    f"{cost.wal_bytes:,.0f}" if cost.calls else "",
                    cost.name,
                ]
                for cost in costs
            ],
        )


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Rows in columns, empty ones left out; figures stand to the right, words to the left."""
    filled = [nth for nth in range(len(titles)) if any(row[nth] for row in rows)]
    titles, rows = [titles[nth] for nth in filled], [[row[nth] for nth in filled] for row in rows]
    widths = [max(len(row[nth]) for row in (titles, *rows)) for nth in range(len(titles))]
    for row in (titles, *rows):
        cells = [
            cell.rjust(width) if _is_figure(rows, nth) else cell.ljust(width)
            for nth, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def _is_figure(rows: Sequence[Sequence[str]], column: int) -> bool:
    return all(not row[column] or row[column][0].isdigit() for row in rows)
