"""Whatever text or bytes come: a value, or one of our words for no; never anything else."""

import gzip
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ovunque.api.idempotent import parse_key
from ovunque.api.paging import read_cursor, write_cursor
from ovunque.integrations.files import cells
from ovunque.integrations.files.bad import Wrong
from ovunque.integrations.files.content import open_content
from ovunque.integrations.files.kind import Kind
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.sheet import open_sheet
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform.http.strict_json import parse
from ovunque.platform.journal import parse_cursor
from ovunque.promise.sealing import Sealer
from ovunque.web.stores.scanning import code_of

TRIES = int(os.environ.get("OVUNQUE_EXAMPLES", "2")) * 20
ODD = "0123456789.-+_:TZ \t\n\r\x00\x1d'\"\\/|=,;()[]{}eEnNaA\u0661\u0130\u202e\ud800"
texts = st.text(max_size=80) | st.text(ODD, max_size=80)
blobs = st.binary(max_size=300) | texts.map(lambda text: text.encode(errors="surrogatepass"))
patient = settings(max_examples=TRIES)

PARSERS: dict[str, Callable[[str], object]] = {
    "public id": lambda text: parse_public_id("ord", text),
    "journal cursor": parse_cursor,
    "page cursor": read_cursor,
    "idempotency key": parse_key,
    "scanned code": code_of,
    "text": cells.parse_text,
    "integer": cells.parse_integer,
    "degrees": cells.parse_degrees,
    "instant": cells.parse_instant,
    "clock": cells.parse_clock,
    "list": cells.parse_list,
    "pairs": cells.parse_pairs,
    "spans": cells.parse_spans,
    "day": cells.parse_day,
}


@pytest.mark.parametrize("name", PARSERS)
def test_any_text_is_a_value_or_a_no(name: str) -> None:
    @patient
    @given(text=texts)
    @example(text="9" * 5_000)
    @example(text="\u0661" * 9)
    @example(text="ord_" + "z" * 26)
    def look(text: str) -> None:
        with suppress(Refusal, Wrong):
            PARSERS[name](text)

    look()


@patient
@given(blobs)
def test_any_bytes_are_a_document_or_a_no(body: bytes) -> None:
    with suppress(Refusal):
        parse(body)


@pytest.mark.parametrize("name", KINDS)
def test_any_file_is_rows_or_a_no(name: str) -> None:
    """The rows of its own template with anything behind them, plain or packed, whole or cut."""
    kind = KINDS[name]
    template = kind.template.encode()

    @settings(patient, max_examples=max(10, TRIES // 4))
    @given(rest=blobs, packed=st.booleans(), keep=st.integers(1, 4_000))
    def look(rest: bytes, packed: bool, keep: int) -> None:
        told = template + rest
        read_file((gzip.compress(told, mtime=0) if packed else told)[:keep], kind)

    look()


def read_file(content: bytes, kind: Kind) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with suppress(Refusal), open_content(Path(file.name)) as opened:
            for _ in open_sheet(opened, kind.columns).rows():
                pass


@patient
@given(token=texts | st.text("abcdefABC123-_.", max_size=200))
def test_any_token_is_a_promise_of_ours_or_a_no(token: str) -> None:
    with suppress(Refusal):
        Sealer({1: b"k" * 32}).open(token)


@given(st.uuids())
def test_an_id_comes_back_from_its_text(id_: UUID) -> None:
    assert parse_public_id("ord", public_id("ord", id_)) == id_


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_cursor_comes_back_or_is_refused(key: str) -> None:
    with suppress(Refusal):
        assert read_cursor(write_cursor(key)) == key


def test_instants_at_the_ends_of_time_are_no_accident() -> None:
    for zone in (timedelta(hours=14), timedelta(hours=-14)):
        for year in (1, 9999):
            text = datetime(year, 1, 1, tzinfo=UTC).isoformat().replace("+00:00", sign(zone))
            with suppress(Wrong):
                cells.parse_instant(text)


def sign(zone: timedelta) -> str:
    hours = int(zone.total_seconds() // 3600)
    return f"{'+' if hours > 0 else '-'}{abs(hours):02}:00"
