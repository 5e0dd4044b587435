"""What became of the orders of trials, by the view that sourcing grants."""

from collections.abc import Sequence
from typing import Any

from ovunque.platform.database import Tx


def count_outcomes(tx: Tx, code: str) -> Sequence[Sequence[Any]]:
    """By trial and side: counts, means of served orders, medians in minutes."""
    return tx.execute(
        """
        select number, drawn, count(*), count(*) filter (where canceled),
               count(*) filter (where waits),
               count(*) filter (where served),
               coalesce(avg(cents) filter (where served), 0)::float8,
               coalesce(stddev_samp(cents) filter (where served), 0)::float8,
               coalesce(avg(grams) filter (where served), 0)::float8,
               coalesce(avg(parcels) filter (where served), 0)::float8,
               count(*) filter (where served and parcels > 1),
               (extract(epoch from percentile_disc(0.5) within group (order by lead)
                        filter (where served)) / 60)::int,
               (extract(epoch from percentile_disc(0.5) within group (order by claimed_after))
                / 60)::int,
               coalesce(sum(noes), 0)::int, coalesce(sum(scored), 0)::int,
               coalesce(sum(kept), 0)::int
          from (select *, parcels > 0 and not canceled as served
                  from trial_outcome where code = %(code)s) as told
         group by number, drawn
         order by number, drawn
        """,
        {"code": code},
    ).fetchall()
