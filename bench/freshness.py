"""The snapshot: how large it is, how long it takes to build, and how soon a change shows in it.

The change is committed in this process and looked for in another one, which follows the journal as
an API process does.
"""

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from tests.worlds import place_code, put

from bench.assortment import Assortment, furnish
from bench.availability import SIZES
from bench.machine import facts_of
from bench.options import Options
from bench.report import Goal, Report, goal_of
from bench.serving import CHECKOUT
from bench.stage import BUYERS
from ovunque.network import snapshot as network_part
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.embedded import throwaway
from ovunque.platform.following import Follower
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.stock import snapshot as stock_part

CHANGES_PER_SECOND = 1_000
LEVELS_AT_ONCE = 10  # Changed by one transaction.
SETTLE_SECONDS = 2.0
P99_MS_MAX = 200.0
READY = "following"

Span = tuple[float, float]


def run(options: Options) -> Report:
    """Figures for each size; freshness at the smallest, since it does not depend on it."""
    figures: dict[str, float] = {}
    goals: list[Goal] = []
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        facts = facts_of(cluster)
        for size in SIZES[: options.sizes]:
            name = f"freshness_{size.levels}"
            cluster.ensure_database(name)
            migrate(cluster.url(name))
            furnish(cluster.url(name), size)
            options.tell(f"{size.levels:,} levels")
            figures |= _built(cluster.url(name), size)
            if size == SIZES[0]:
                seen = _delays(cluster.url(name), size, options.seconds)
                figures |= seen
                found = (P99_MS_MAX, seen["ms until a change is visible, p99"])
                goals.append(goal_of("ms allowed / ms until visible, p99", 1, found, 1.0))
    return Report(benchmark="freshness", facts=facts, goals=goals, figures=figures)


def _built(url: str, size: Assortment) -> Mapping[str, float]:
    """What the stock part takes: time, of that our own, and memory."""
    with Database(url) as database:
        network = database.read(network_part.load)
        began, own = time.perf_counter(), time.process_time()
        view = database.read(lambda tx: stock_part.load(tx, network.position_of))
        took, used = time.perf_counter() - began, time.process_time() - own
    assert len(view) == size.levels
    name = f"{size.levels:,} levels"
    return {
        f"s to build, {name}": took,
        f"s of it ours, {name}": used,
        f"MB of columns, {name}": view.bytes / 1e6,
    }


def _delays(url: str, size: Assortment, seconds: float) -> Mapping[str, float]:
    """Milliseconds from a commit here until the number is there."""
    with tempfile.TemporaryDirectory(prefix="ovunque-bench-") as folder:
        seen_file = Path(folder) / "seen"
        command = [sys.executable, "-m", "bench.freshness", url, str(seen_file)]
        with subprocess.Popen(
            command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout is not None
            assert other.stdin is not None
            assert other.stdout.readline().strip() == READY
            began = time.perf_counter()
            committed = _change(url, size, seconds)
            rate = sum(map(len, committed.values())) / (time.perf_counter() - began)
            time.sleep(SETTLE_SECONDS)
            other.stdin.close()
        seen = msgspec.json.decode(seen_file.read_bytes(), type=dict[str, list[float]])
    late = np.array([*_pairs(committed, seen)]) * 1_000
    p50, p99 = np.percentile(late, [50, 99])
    return {
        "changes a second": rate,
        "ms until a change is visible, p50": float(p50),
        "ms until a change is visible, p99": float(p99),
        "ms until a change is visible, most": float(late.max()),
    }


def _pairs(
    committed: Mapping[str, Sequence[Span]], seen: Mapping[str, Sequence[float]]
) -> Iterator[float]:
    """From each commit to the first time that its item was seen changed since it began.

    The other process may be told before this one: that is no time at all.
    """
    for sku, spans in committed.items():
        looks = np.array(seen.get(sku, ()))
        for began, done in spans:
            after = looks[looks > began]
            yield max(0.0, float(after[0] - done)) if len(after) else float("inf")


def _change(url: str, size: Assortment, seconds: float) -> Mapping[str, Sequence[Span]]:
    """Counts at a steady pace; when each transaction began and was committed, by item."""
    skus, committed = size.skus(), defaultdict(list)
    pause = LEVELS_AT_ONCE / CHANGES_PER_SECOND
    with Database(url) as database:
        began = time.perf_counter()
        for nth in range(int(seconds / pause)):
            time.sleep(max(0.0, began + nth * pause - time.perf_counter()))
            first = nth * LEVELS_AT_ONCE % size.items
            chosen = range(first, first + LEVELS_AT_ONCE)
            levels = {(place_code(item % size.locations), skus[item]): 10 + nth for item in chosen}
            start = time.perf_counter()
            put(database, levels, BUYERS, now())
            done = time.perf_counter()
            for item in chosen:
                committed[skus[item]].append((start, done))
    return committed


def follow(url: str, seen_file: str) -> None:
    """Follow until told to end; write down when the numbers of each item were there."""
    seen: dict[str, list[float]] = defaultdict(list)

    def note(skus: Collection[str] | None) -> None:
        at = time.perf_counter()
        for sku in skus or ():
            seen[sku].append(at)

    with Database(url) as database:
        snapshot = database.read(sourcing_snapshot.load)
        snapshot.watchers.append(note)
        follower = Follower(
            database,
            snapshot.version,
            lambda entries: snapshot.apply(database, entries),
            sourcing_snapshot.UNREAD,
        )
        follower.start()
        print(READY, flush=True)
        sys.stdin.read()
        follower.close()
    Path(seen_file).write_bytes(msgspec.json.encode(seen))


if __name__ == "__main__":
    follow(*sys.argv[1:])
