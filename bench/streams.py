"""What a file of counts takes of memory, whatever its size: lines of JSON, looked at to the end.

Each file is read by a process of its own, which says how much it took at most. `--sizes` takes the
first so many of 10 MB, 100 MB and 1 GB.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, product
from pathlib import Path

from tests.worlds import World, build, place_code

from bench.machine import facts_of
from bench.options import Options
from bench.report import Goal, Report, goal_of
from bench.serving import CHECKOUT
from bench.stage import BUYERS
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.runs import ImportRequest, Tools
from ovunque.platform.clock import new_id_source, now
from ovunque.platform.database import Database
from ovunque.platform.embedded import throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

MEGABYTES = (10, 100, 1_000)
LOCATIONS, ITEMS = 400, 25_000
MORE_MAX = 1.5  # Memory of the largest beside that of the smallest.
KILOBYTES_OF_MB = 1_000
ROWS_AT_ONCE = 10_000


def run(options: Options) -> Report:
    """Peak memory of each size, and rows a second."""
    figures: dict[str, float] = {}
    goals: list[Goal] = []
    skus = [f"S{nth:06}" for nth in range(ITEMS)]
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        facts = facts_of(cluster)
        cluster.ensure_database("bench_streams")
        url = cluster.url("bench_streams")
        migrate(url)
        with Database(url) as database:
            world = World(locations=LOCATIONS, skus=skus, stock={})
            build(database, world, BUYERS, new_id_source(), now())
        peaks: list[float] = []
        for megabytes in MEGABYTES[: options.sizes]:
            options.tell(f"streams: {megabytes:,} MB")
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "stock.ndjson"
                write(path, lines(skus), megabytes)
                rows, peak, seconds = in_a_process(url, path)
            peaks.append(peak)
            figures[f"MB of memory at most, {megabytes:,} MB"] = peak
            figures[f"rows a second, {megabytes:,} MB"] = round(rows / seconds)
            figures[f"rows, {megabytes:,} MB"] = rows
            allowed = (peaks[0] * MORE_MAX, peak)
            goals.append(goal_of(f"memory allowed / taken, {megabytes:,} MB", 1, allowed, 1.0))
    return Report(benchmark="streams", facts=facts, goals=goals, figures=figures)


def lines(skus: list[str]) -> Iterator[str]:
    """A count a line, of each item in each location."""
    as_of = (now() - timedelta(hours=1)).isoformat()
    for nth, (sku, place) in zip(count(), product(skus, range(LOCATIONS)), strict=False):
        told = {"location": place_code(place), "sku": sku, "on_hand": nth % 40, "as_of": as_of}
        yield json.dumps(told) + "\n"


def write(path: Path, told: Iterator[str], megabytes: int) -> None:
    """So much of it, made while it is written."""
    left = megabytes * 1_000_000
    with path.open("w") as file:
        for line in told:
            if left <= 0:
                return
            left -= file.write(line)


def in_a_process(url: str, path: Path) -> tuple[int, float, float]:
    """Rows, megabytes of memory at most, seconds."""
    command = [sys.executable, "-m", "bench.streams", url, str(path)]
    told = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True)
    rows, kilobytes, seconds = told.stdout.split()
    return int(rows), round(int(kilobytes) / KILOBYTES_OF_MB, 1), float(seconds)


def look_at(url: str, path: Path) -> None:
    """A dry run: all rows are read, checked, put into order and compared with what we have."""
    request = ImportRequest(kind=KINDS["stock"], path=path, source="wms", dry_run=True)
    began = now()
    with Database(url) as database:
        done = import_file(database, BUYERS, request, Tools(clock=now, new_id=new_id_source()))
    assert done.run.bad == 0
    took = (now() - began).total_seconds()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(f"{done.run.rows} {peak} {took}\n")


if __name__ == "__main__":
    look_at(sys.argv[1], Path(sys.argv[2]))
