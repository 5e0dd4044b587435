"""Whether a strategy's step is served as well as can be: 1,000 random cases against a program.

Filters, limits of parcels, goals with tolerances one after the other, and sums of money with prices
for grams, days and last units: what the program says, ours has to be, every time.
"""

import time
from collections import Counter

import numpy as np
from tests.scattered import town
from tests.steps import case_of, differs, kinds

from bench.machine import facts_of
from bench.options import Options
from bench.report import Report
from ovunque.platform.clock import new_id_source
from ovunque.platform.database import Database
from ovunque.platform.embedded import throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

CASES = 1_000
TOLD_EVERY = 100


def run(options: Options) -> Report:
    """Compare; a single case that differs makes the report worthless."""
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    began = time.process_time()
    with throwaway(read_settings().pg_bin) as cluster:
        facts = facts_of(cluster)
        cluster.ensure_database("steps")
        migrate(cluster.url("steps"))
        with Database(cluster.url("steps")) as database:
            snapshot = town(database, new_id_source())
        for seed in range(CASES):
            asked = case_of(np.random.default_rng(seed))
            seen.update(kinds(snapshot, asked))
            found = differs(snapshot, asked)
            if found is not None:
                wrong.append(f"case {seed}: {found}")
            if (seed + 1) % TOLD_EVERY == 0:
                options.tell(f"{seed + 1} of {CASES} cases, {len(wrong)} differ")
    figures = {"cases compared": float(CASES), "that differ": float(len(wrong))}
    figures |= {f"  {kind}": float(count) for kind, count in sorted(seen.items())}
    figures["s of processor time"] = round(time.process_time() - began, 1)
    return Report(benchmark="steps", facts=facts, figures=figures, violations=wrong)
