"""Counts of a file are the same whether they fit into memory or lie on disk."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ovunque.integrations.files.counts import Again, Counts
from ovunque.integrations.files.kind import Portion

PLACES = 5
KEYS = 40
rows = st.lists(
    st.tuples(st.integers(0, KEYS - 1), st.integers(0, 9), st.integers(0, 99)), max_size=60
)
Row = tuple[int, int, int]


def looked_at(told: Sequence[Row], missing: Sequence[int], in_memory: int) -> Any:
    counts = Counts(KEYS, in_memory_max=in_memory)
    for start in range(0, len(told), 7):
        some = told[start : start + 7]
        keys, units, moments = (list(each) for each in zip(*some, strict=True))
        lines = range(start, start + len(some))
        counts.add(lines, np.array(keys, np.int64), units, moments)
    again = sorted(counts.sort())
    spans = counts.spans(PLACES)
    counts.add_missing(list(missing), [7] * len(missing))
    every_other = np.arange(1, len(counts), 2)
    return (
        again,
        spans,
        len(counts),
        counts.take(slice(0, 1_000), PLACES),
        counts.take(slice(3, 9), PLACES),
        counts.take(every_other, PLACES),
    )


@settings(max_examples=30)
@given(told=rows, missing=st.lists(st.integers(0, KEYS - 1), max_size=9, unique=True))
def test_what_lies_on_disk_is_what_was_told(told: list[Row], missing: list[int]) -> None:
    assert looked_at(told, missing, 5) == looked_at(told, missing, 1_000)


def test_of_a_key_told_twice_the_first_line_stays() -> None:
    again, spans, total, (items, places, units, moments), *_ = looked_at(
        [(6, 1, 50), (3, 2, 60), (6, 9, 70)], [3, 4], 1
    )
    assert again == [Again(2, 6, 0)]
    assert spans == {1: (50, 50), 3: (60, 60)}
    assert (total, items, places) == (3, [0, 0, 1], [3, 4, 1])
    assert (units, moments) == ([2, 0, 1], [60, 7, 50])


def test_a_run_goes_on_within_a_portion_that_was_divided_otherwise() -> None:
    portion = Portion(5, range(10, 15))
    assert portion.behind(-3) == portion.behind(0) == portion
    assert portion.behind(2) == Portion(3, range(12, 15))
    assert portion.behind(5) is None
