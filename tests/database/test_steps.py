"""Steps with filters, limits and tolerances: as good as an independent program finds."""

import numpy as np
from tests.scattered import town
from tests.steps import case_of, differs

from ovunque.kernel.ids import NewId
from ovunque.platform.database import Database

CASES = 24  # `make bench ARGS=steps` tries a thousand.


def test_no_plan_within_a_step_is_better(database: Database, new_id: NewId) -> None:
    snapshot = town(database, new_id)
    wrong = {
        seed: found
        for seed in range(CASES)
        if (found := differs(snapshot, case_of(np.random.default_rng(seed)))) is not None
    }
    assert wrong == {}
