"""What is no file of ours is refused in one line, before it costs anything."""

import gzip
import os
import zlib
from pathlib import Path

import pytest

from ovunque.integrations.files.content import BLOCK_BYTES, open_content
from ovunque.integrations.files.sheet import open_sheet
from ovunque.integrations.files.stock import COLUMNS
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals

HEADER = "location,sku,on_hand,as_of"
GOOD = "milan,COAT,4,2026-03-01T18:30:00+01:00"


def read(path: Path) -> None:
    with open_content(path) as content:
        list(open_sheet(content, COLUMNS).rows())


REFUSED = {
    "is empty": b"",
    "has no line with anything on it": b"\n\r\n\n",
    "missing: as_of": b"location,sku,on_hand\nmilan,COAT,4\n",
    "unknown: color": f"{HEADER},color\n{GOOD},red\n".encode(),
    "repeated: sku": f"{HEADER},sku\n{GOOD},COAT\n".encode(),
    "unknown: a column without a name": f"{HEADER},\n{GOOD},\n".encode(),
    "unknown: location sku on_hand as_of": b"location sku on_hand as_of\nmilan COAT 4 x\n",
    "has a header that cannot be read": b'location,"sku\n",on_hand,as_of\n',
    "text in UTF-16": HEADER.encode("utf-16"),
    "a ZIP archive": b"PK\x03\x04" + bytes(30),
    "begins with a line that is not usable": b'{"location": NaN}\n',
    "missing: location, on_hand": b'{"sku": "COAT"}\n',
    "is cut off": gzip.compress(HEADER.encode())[:-4],
    "is damaged": gzip.compress(HEADER.encode())[:-8] + bytes(8),
    "is damaged: its gzip": gzip.compress(HEADER.encode()) + b"rubbish",
    "unpacks to more than 100 times": gzip.compress(HEADER.encode() + b"\n" * 50_000_000),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_file_that_is_none_is_refused_in_one_line(why: str, tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_bytes(REFUSED[why])
    with pytest.raises(Refusal) as refusal:
        read(path)
    told = refusals.explain(refusal.value)
    assert "stock.csv" in told
    assert why in told
    assert "\n" not in told


def test_what_is_no_file_is_refused_in_one_line(tmp_path: Path) -> None:
    for path, why in {
        tmp_path: "is a directory",
        tmp_path / "nothing.csv": "cannot be read: no such file",
        tmp_path / "nothing.csv" / "deeper": "cannot be read",
        Path("a\0b"): "is none",
        Path(os.devnull): "is no regular file",
    }.items():
        with pytest.raises(Refusal) as refusal, open_content(path):
            pass
        assert why in refusals.explain(refusal.value)


def test_a_bomb_is_noticed_before_it_fills_anything(tmp_path: Path) -> None:
    """Both bounds hold while reading: what was unpacked and what was packed."""
    path = tmp_path / "bomb.gz"
    pack = zlib.compressobj(9, wbits=31)
    zeros = bytes(1_000_000)
    path.write_bytes(b"".join(pack.compress(zeros) for _ in range(300)) + pack.flush())
    taken: list[int] = []
    with open_content(path) as content:
        blocks = content.blocks()
        with pytest.raises(Refusal):
            taken.extend(map(len, blocks))
    assert sum(taken) < 5_000_000

    path.write_bytes(gzip.compress(os.urandom(100_000)))
    with open_content(path, bytes_max=50_000) as content, pytest.raises(Refusal):
        list(content.blocks())


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_what_was_packed_comes_out_whole(more: int, tmp_path: Path) -> None:
    """Members that end just where a block is full, one behind the other."""
    path = tmp_path / "packed.gz"
    data = os.urandom(BLOCK_BYTES + more)
    path.write_bytes(gzip.compress(data) * 2)
    with open_content(path) as content:
        assert b"".join(content.blocks()) == data * 2
        assert content.bytes_read == content.size


def test_a_file_that_is_written_to_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n")
    with open_content(path) as content:
        sheet = open_sheet(content, COLUMNS)
        assert len(list(sheet.rows())) == 2
        path.write_text(f"{HEADER}\n{GOOD}\n{GOOD}\n")
        with pytest.raises(Refusal) as refusal:
            list(sheet.rows())
    assert "was changed" in refusals.explain(refusal.value)
