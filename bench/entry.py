"""The benchmarks by name, and what becomes of their reports."""

import sys
from collections.abc import Callable, Mapping

import msgspec

from bench import (
    availability,
    batch,
    checking,
    decisions,
    distance,
    exactness,
    feeds,
    flood,
    freshness,
    holds,
    offers,
    orders,
    planning,
    promises,
    promising,
    savings,
    seals,
    simulation,
    steps,
    stores,
    streams,
    taps,
    walls,
)
from bench.options import Options
from bench.points import MeasuringError
from bench.report import Report, lines_of

BENCHMARKS: Mapping[str, Callable[[Options], Report]] = {
    "orders": orders.run,
    "availability": availability.run,
    "stores": stores.run,
    "freshness": freshness.run,
    "planning": planning.run,
    "batch": batch.run,
    "decisions": decisions.run,
    "distance": distance.run,
    "promises": promising.run,
    "quotes": promises.run,
    "exactness": exactness.run,
    "steps": steps.run,
    "feeds": feeds.run,
    "flood": flood.run,
    "offers": offers.run,
    "holds": holds.run,
    "savings": savings.run,
    "seals": seals.run,
    "streams": streams.run,
    "taps": taps.run,
    "walls": walls.run,
    "simulation": simulation.run,
    "checking": checking.run,
}


def run(name: str | None, options: Options, *, as_json: bool) -> bool:
    """Run one benchmark or all and print what they found; False when one of them is worthless."""
    reports = []
    for each in BENCHMARKS if name is None else (name,):
        try:
            report = BENCHMARKS[each](options)
        except MeasuringError as failure:
            print(f"ovunque: {each}: {failure}", file=sys.stderr)
            return False
        reports.append(report)
        if not as_json:
            print("\n".join([*lines_of(report), ""]), flush=True)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(reports)).decode() + "\n")
    return not any(report.violations for report in reports)
