"""Files as strangers write them: read exactly, or told line by line what is wrong."""

import csv
import gzip
import io
import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import MILAN, NOW

from ovunque.integrations.files import dialect, documents
from ovunque.integrations.files.bad import Bad
from ovunque.integrations.files.cells import TEXT, WHOLE
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.content import open_content
from ovunque.integrations.files.dialect import Dialect, guard, unguard
from ovunque.integrations.files.kind import Asked, Kind
from ovunque.integrations.files.kinds import KINDS, ORDERED, find_kind
from ovunque.integrations.files.lines import LINE_BYTES_MAX, read_lines
from ovunque.integrations.files.reporting import FIRST_MAX, KEPT_MAX, BadRows
from ovunque.integrations.files.sheet import open_sheet
from ovunque.integrations.files.stock import COLUMNS, StockIntake
from ovunque.kernel.text import normal

HEADER = "location,sku,on_hand,as_of"
GOOD = "milan,COAT,4,2026-03-01T18:30:00+01:00"
ABC = Columns(fixed=(Column("a", TEXT), Column("b", TEXT), Column("c", WHOLE)))

clean = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"))
rows_of_text = st.lists(st.tuples(clean, clean, clean), max_size=8)


def read(path: Path, columns: Columns = COLUMNS) -> tuple[list[Sequence[str]], list[Bad]]:
    """All rows of a file, and all its faults."""
    with open_content(path) as content:
        rows = list(open_sheet(content, columns).rows())
    return [row for some in rows for row in some.cells], [bad for some in rows for bad in some.bad]


def read_csv(text: bytes, cuts: Iterable[int] = (), delimiter: str = ",") -> list[dialect.Rows]:
    """The rows of a text that arrives in pieces."""
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    blocks = [text[at:to] for at, to in pairwise(places)]
    return list(dialect.read_rows(read_lines(blocks), Dialect(delimiter, ("a", "b", "c"))))


def check_stock(path: Path) -> list[Bad]:
    """What an import would say of a stock file, where milan has coats and hats."""
    asked = Asked(now=NOW, new_id=lambda: UUID(int=0))
    intake = StockIntake({"milan": MILAN}, ["COAT", "HAT"], asked)
    with open_content(path) as content:
        found: list[Bad] = []
        for rows in open_sheet(content, COLUMNS).rows():
            found += [*rows.bad, *intake.check(0, rows)]
    return [*found, *intake.settle()]


@given(
    rows=rows_of_text,
    delimiter=st.sampled_from(",;\t"),
    all_quoted=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n"]),
    cuts=st.lists(st.integers(0, 1_000), max_size=4),
)
def test_what_others_write_is_read_back(
    rows: list[tuple[str, ...]], delimiter: str, all_quoted: bool, line_end: str, cuts: list[int]
) -> None:
    file = io.StringIO(newline="")
    quoting: Literal[0, 1] = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=line_end).writerows(rows)

    found = read_csv(file.getvalue().encode(), cuts, delimiter)

    assert [list(row) for some in found for row in some.cells] == [
        [unguard(normal(cell)) for cell in row] for row in rows
    ]
    assert not any(some.bad for some in found)


@given(
    data=st.one_of(
        st.binary(max_size=200),
        st.text("ab\",\n\r\t\x00ÿ'=", max_size=200).map(str.encode),
    ),
    cuts=st.lists(st.integers(0, 1_000), max_size=4),
)
def test_any_bytes_are_rows_or_faults(data: bytes, cuts: list[int]) -> None:
    """Every line with anything on it is told of, as part of a row or with what is wrong."""
    whole, in_pieces = read_csv(data), read_csv(data, cuts)
    for found in (whole, in_pieces):
        told = [line for some in found for line in (*some.lines, *(bad.line for bad in some.bad))]
        assert all(1 <= line <= data.count(b"\n") + 1 for line in told)
        text = data.removeprefix(BOM_UTF8).replace(b"\r\n", b"\n").removesuffix(b"\r")
        assert bool(told) == any(text.split(b"\n"))
    assert [row for some in whole for row in some.cells] == [
        row for some in in_pieces for row in some.cells
    ]


@given(st.lists(st.tuples(clean, clean, st.integers(-999_999_999, 999_999_999)), max_size=8))
def test_json_lines_are_read_back(rows: list[tuple[str, str, int]]) -> None:
    text = "".join(json.dumps(dict(zip("abc", row, strict=True))) + "\n" for row in rows)
    found = list(documents.read_rows(read_lines([text.encode()]), ABC.fixed, {}))

    assert [row for some in found for row in some.cells] == [
        (normal(a), normal(b), str(c)) for a, b, c in rows
    ]


@given(st.binary(max_size=200) | st.text('{}[]":,abc1-.e\\u\n', max_size=200).map(str.encode))
def test_any_line_is_an_object_or_a_fault(data: bytes) -> None:
    for some in documents.read_rows(read_lines([data]), ABC.fixed, {}):
        assert len(some.lines) == len(some.cells)


def test_fields_called_otherwise_are_read_line_by_line(tmp_path: Path) -> None:
    """Each line by its own names: ours are kept, and no two of them become one."""
    path = tmp_path / "abc.ndjson"
    path.write_text(
        '{"A": "x", "b": "y", "c": 1}\n{"c": 2, "b": "y", "a": "x"}\n{"a": "x", "A": "y", "b": "", '
        '"c": 3}\n{"A": "x", "Anna": "y", "b": "", "c": 4}\n'
    )
    with open_content(path) as content:
        content.renames = {"A": "a", "Anna": "a"}
        rows = list(open_sheet(content, ABC).rows())
    assert [row for some in rows for row in some.cells] == [("x", "y", "1"), ("x", "y", "2")]
    found = [(bad.line, bad.column, bad.code) for some in rows for bad in some.bad]
    assert found == [(3, "A", "unknown_field"), (4, "a", "duplicate")]


@given(clean)
def test_a_guard_is_taken_off_again(text: str) -> None:
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", ["=1+1", "+39 051", "-2", "@SUM(A1)", "\tx", "'=1"])
def test_no_cell_of_an_export_is_a_formula(text: str) -> None:
    assert guard(text) == "'" + text


@pytest.mark.parametrize(
    "data",
    [
        f"{HEADER}\n{GOOD}\n".encode(),
        f"{HEADER}\n{GOOD}".encode(),
        f"\n\n{HEADER}\n\n{GOOD}\n\n".encode(),
        f"{HEADER}\r\n{GOOD}\r\n".encode(),
        f"{HEADER}\n{GOOD}\n".encode("utf-8-sig"),
        f"{HEADER}\n{GOOD}\n".replace(",", ";").encode(),
        f"{HEADER}\n{GOOD}\n".replace(",", "\t").encode(),
        gzip.compress(f"{HEADER}\n{GOOD}\n".encode(), mtime=0),
        gzip.compress(HEADER.encode(), mtime=0) + gzip.compress(f"\n{GOOD}\n".encode(), mtime=0),
        b'"location","sku","on_hand","as_of"\n"milan","COAT",4,2026-03-01T18:30:00+01:00',
        b"on_hand,as_of,sku,location\n4,2026-03-01T18:30:00+01:00,COAT,milan\n",
        b'{"location":"milan","sku":"COAT","on_hand":4,"as_of":"2026-03-01T18:30:00+01:00"}\n',
        b'{"sku":"COAT","as_of":"2026-03-01T18:30:00+01:00","location":"milan","on_hand":4}',
    ],
)
def test_the_same_row_in_many_dresses(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "stock"
    path.write_bytes(data)
    rows, bad = read(path)
    assert [list(row) for row in rows] == [GOOD.split(",")]
    assert not bad


def test_an_open_quote_swallows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(f'{HEADER}\nmilan,"COAT,4,2026-03-01T18:30:00Z\n' + f"{GOOD}\n" * 500)
    rows, (bad,) = read(path)
    assert (bad.line, bad.code) == (2, "open_quote")
    assert len(rows) == 500

    path.write_text(f'{HEADER}\n{GOOD}\nmilan,"COAT,4,2026-03-01T18:30:00Z')
    rows, (bad,) = read(path)
    assert (bad.line, bad.code, len(rows)) == (3, "open_quote", 1)


def test_two_open_quotes_do_not_make_a_row(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(f'{HEADER}\nmilan,"COAT,4,x\n{GOOD}\nmilan,"HAT,4,x\n{GOOD}\n')
    rows, bad = read(path)
    assert [(each.line, each.code) for each in bad] == [(2, "open_quote"), (4, "open_quote")]
    assert len(rows) == 2


def test_a_line_break_in_quotes_is_part_of_its_value(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('a,b,c\n"one\ntwo ""quoted""\n",x,1\n' + "y,z,2\n")
    rows, bad = read(path, ABC)
    assert [list(row) for row in rows] == [['one\ntwo "quoted"\n', "x", "1"], ["y", "z", "2"]]
    assert not bad

    lines = "\n".join(["x" * 99] * 101)
    path.write_text(f'a,b,c\n"{lines}",x,1\ny,z,2\n')
    rows, bad = read(path, ABC)
    assert (bad[0].line, bad[0].code) == (2, "open_quote")
    assert [list(row) for row in rows] == [["y", "z", "2"]]


def test_an_endless_line_costs_no_memory_and_no_other_line(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    with path.open("w") as file:
        file.write(f"{HEADER}\n{GOOD}\nmilan,")
        for _ in range(5):
            file.write("x" * LINE_BYTES_MAX)
        file.write(f"\n{GOOD}\n")
    rows, (bad,) = read(path)
    assert len(rows) == 2
    assert bad.line == 3


BAD_ROWS = {
    "milan,COAT,4": (2, "", "too_few_values"),
    "milan,COAT,4,2026-03-01T18:30:00Z,": (2, "", "too_many_values"),
    'milan,CO"AT,4,2026-03-01T18:30:00Z': (2, "", "open_quote"),
    'milan,CO""AT,4,2026-03-01T18:30:00Z': (2, "", "misplaced_quote"),
    'milan,"COAT"S,4,2026-03-01T18:30:00Z': (2, "", "misplaced_quote"),
    "milan,CO\0AT,4,2026-03-01T18:30:00Z": (2, "sku", "control_character"),
    "milan,CO\rAT,4,2026-03-01T18:30:00Z": (2, "sku", "control_character"),
    "milan,CO\x85AT,4,2026-03-01T18:30:00Z": (2, "sku", "control_character"),
    "milan,CO\udce4T,4,2026-03-01T18:30:00Z": (2, "sku", "not_utf8"),
    f"milan,{'x' * 10_001},4,2026-03-01T18:30:00Z": (2, "sku", "too_long"),
    f'milan,"{"x" * 10_001}",4,2026-03-01T18:30:00Z': (2, "sku", "too_long"),
    "rome,COAT,4,2026-03-01T18:30:00Z": (2, "location", "unknown_reference"),
    ",COAT,4,2026-03-01T18:30:00Z": (2, "location", "unknown_reference"),
    "milan,coat,4,2026-03-01T18:30:00Z": (2, "sku", "unknown_reference"),
    "milan,COAT ,4,2026-03-01T18:30:00Z": (2, "sku", "unknown_reference"),
    "milan,COAT,,2026-03-01T18:30:00Z": (2, "on_hand", "wrong_type"),
    "milan,COAT,-1,2026-03-01T18:30:00Z": (2, "on_hand", "out_of_bounds"),
    "milan,COAT,1000001,2026-03-01T18:30:00Z": (2, "on_hand", "out_of_bounds"),
    "milan,COAT,4,": (2, "as_of", "wrong_type"),
    "milan,COAT,4,2026-03-02T10:00:00": (2, "as_of", "wrong_type"),
    "milan,COAT,4,2026-03-02T09:03:00Z": (2, "as_of", "in_the_future"),
    "milan,COAT,4,2026-02-29T10:00:00Z": (2, "as_of", "out_of_bounds"),
}


@pytest.mark.parametrize("row", BAD_ROWS)
def test_a_bad_row_is_named_by_line_column_and_reason(row: str, tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    text = f"{HEADER}\n{row}\nmilan,HAT,1,2026-03-01T18:30:00Z\n"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    ((line, column, value, code, reason),) = check_stock(path)
    assert (line, column, code) == BAD_ROWS[row]
    assert reason.endswith(".")
    assert value.isprintable()
    assert len(value) < 50


def test_a_second_row_of_the_same_level_names_the_first(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(f"{HEADER}\n{GOOD}\nmilan,HAT,1,2026-03-01T18:30:00Z\n{GOOD}\n{GOOD}\n")
    bad = check_stock(path)
    assert [(each.line, each.column, each.code) for each in bad] == [
        (4, "sku", "duplicate"),
        (5, "sku", "duplicate"),
    ]
    assert all("Line 2 " in each.reason for each in bad)


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ('{"location":"milan","sku":"COAT","on_hand":"4","as_of":"x"}', "on_hand", "wrong_type"),
        ('{"location":"milan","sku":"COAT","on_hand":true,"as_of":"x"}', "on_hand", "wrong_type"),
        ('{"location":"milan","sku":"COAT","on_hand":4.0,"as_of":"x"}', "on_hand", "wrong_type"),
        ('{"location":"milan","sku":7,"on_hand":4,"as_of":"x"}', "sku", "wrong_type"),
        ('{"location":"milan","sku":"A","sku":"B","on_hand":4,"as_of":"x"}', "", "duplicate_key"),
        (
            '{"location":"milan","sku":"\\u0000","on_hand":4,"as_of":"x"}',
            "sku",
            "control_character",
        ),
        ('{"location":"milan","sku":"COAT","on_hand":NaN,"as_of":"x"}', "on_hand", "wrong_type"),
        ('{"location":"milan","sku":"COAT","on_hand":4}', "as_of", "missing"),
        ('{"location":"milan","sku":"A","on_hand":4,"as_of":"x","b":1}', "b", "unknown_field"),
        ('{"location":"milan","sku":"COAT","on_hand":4,"as_of":"x"', "", "malformed_json"),
        ("[" * 100_000, "", "malformed_json"),
        ('"milan"', "", "wrong_type"),
    ],
)
def test_a_bad_line_of_json_is_named(row: str, column: str, code: str, tmp_path: Path) -> None:
    good = '{"location":"milan","sku":"HAT","on_hand":4,"as_of":"2026-03-01T18:30:00Z"}'
    path = tmp_path / "stock.ndjson"
    path.write_text(f"{good}\n{row}\n")
    (bad,) = check_stock(path)
    assert (bad.line, bad.column, bad.code) == (2, column, code)


def test_kinds_go_by_the_names_of_their_files_too() -> None:
    assert find_kind("legal_entities") is find_kind("legal-entities") is KINDS["legal-entities"]
    assert find_kind("anything") is None


@pytest.mark.parametrize("kind", ORDERED, ids=lambda kind: kind.name)
def test_a_template_has_the_columns_and_two_rows(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "template.csv"
    path.write_text(kind.template)
    with open_content(path) as content:
        (rows, rest) = open_sheet(content, kind.columns).rows()
    assert len(rows.cells) == 2
    assert not rows.bad
    assert not rest.lines


def test_all_bad_rows_are_kept_and_the_first_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "errors.csv"
    bad_rows = BadRows(path)
    lines = range(2 * KEPT_MAX, 0, -1)
    bad_rows.add(Bad(line, "sku", "=1+1", "malformed", "Why.") for line in lines)
    bad_rows.close()

    assert [each.line for each in bad_rows.first] == list(range(1, FIRST_MAX + 1))
    assert len(bad_rows.lines) == len(lines)
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["line", "column", "value", "code", "reason"]
    assert rows[0] == ["1", "sku", "'=1+1", "malformed", "Why."]
    assert len(rows) == len(lines)


def test_errors_that_cannot_be_written_are_still_shown(tmp_path: Path) -> None:
    bad_rows = BadRows(tmp_path / "missing" / "errors.csv")
    bad_rows.add([Bad(2, "sku", "x", "malformed", "Why.")])
    bad_rows.close()
    assert bad_rows.written is None
    assert bad_rows.lost == "no such file or directory"
    assert len(bad_rows.first) == 1
