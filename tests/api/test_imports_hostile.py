"""Files that nobody should send: each is refused, or imported to its end, and nothing breaks."""

import gzip
import random
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from tests.api.conftest import Api, key_maker

from ovunque.api import imports
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.app import answer_in_loop, furnish
from ovunque.furnishing import intake_of
from ovunque.integrations.files.kinds import KINDS, ORDERED
from ovunque.integrations.files.receiving import JOB, folder_in, runner_in
from ovunque.integrations.files.runs import Tools
from ovunque.platform import clock, jobs
from ovunque.platform.database import Database
from ovunque.platform.jobs import Work
from ovunque.platform.settings import Settings

CASES_MIN = 100
MUTATIONS = 4  # Of the template of each kind.
RANDOM_FILES = 12
ENDED = ("done", "failed")
FOUL = (
    b"\0", b"\xff", b"\xed\xa0\x80", b'"', b'""', b'","', b"\r", b"\n", b",", b"\t", b"\x1b[2J",
    "\u202e".encode(), "\u0661".encode(), b"=1+1", b"NaN", b"9" * 4_000, b"-1", b"x" * 20_000,
    b"\xef\xbb\xbf", b"1e999", b"2026-02-30T25:61:61Z", b"9999-12-31T23:59:59-23:59",
)  # fmt: skip


@pytest.fixture
def services(database: Database, tmp_path: Path) -> Iterator[Services]:
    with furnish(Settings(home=tmp_path), database, answer_in_loop) as furnished:
        yield furnished


@pytest.fixture
def api(services: Services) -> Iterator[Api]:
    key = key_maker(services)()
    asking = Api(create_api(services, [imports.router], imports.ROUTES), key)
    yield asking
    asking.close()


def zipped(text: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../stock.csv", text)
    return packed.getvalue()


def broken(head: bytes) -> dict[str, bytes]:
    """What is wrong with the file as a whole; `head` is a good first line."""
    good = head + b"L000,COAT,4,2026-03-02T08:00:00Z\n"
    packed = gzip.compress(good)
    return {
        "nothing": b"",
        "blank lines": b"\n\n\n\n",
        "zeros": bytes(1_000),
        "only a mark of order": b"\xef\xbb\xbf",
        "only a head": head,
        "a head twice": head + head,
        "a column twice": head.replace(b"sku", b"location", 1),
        "ten thousand columns": b",".join(b"c%d" % nth for nth in range(10_000)) + b"\n1\n",
        "a row of ten thousand": head + b"," * 10_000 + b"\n",
        "an open quote": head + b'L000,"COAT,4,2026-03-02T08:00:00Z\n' + good,
        "a quote that never ends": head + b'"' + b"x\n" * 50_000,
        "a field of a megabyte": head + b"x" * 900_000 + b",COAT,4,\n",
        "quotes only": b'"' * 5_000,
        "no end of line": head + b"L000,COAT,4" + b"0" * 100_000,
        "old ends of lines": good.replace(b"\n", b"\r"),
        "mixed ends of lines": good.replace(b"\n", b"\r\n", 1) + b"a\rb\n\r",
        "UTF-16": good.decode().encode("utf-16"),
        "UTF-32": good.decode().encode("utf-32"),
        "Latin-1": head + "L000,Mütze,4,2026-03-02T08:00:00Z\n".encode("latin-1"),
        "EBCDIC": good.decode().encode("cp037"),
        "half a letter": good + b"\xe2\x82",
        "surrogates": head + b"L000,\xed\xa0\x80,4,2026-03-02T08:00:00Z\n",
        "a bomb": gzip.compress(head + bytes(80_000_000)),
        "a bomb of rows": gzip.compress(head + b"L000,COAT,4,2026-03-02T08:00:00Z\n" * 400_000),
        "a bomb in a bomb": gzip.compress(gzip.compress(bytes(40_000_000))),
        "packed twice": gzip.compress(packed),
        "cut off": packed[: len(packed) // 2],
        "only the mark of gzip": packed[:10],
        "a wrong sum": packed[:-8] + bytes(8),
        "something behind": packed + b"more",
        "two packed in a row": packed + packed,
        "a zip": zipped(good),
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "a page": b"<!doctype html><script>alert(1)</script>",
        "a document type": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        "deep": b'{"sku":' + b"[" * 100_000 + b"\n",
        "not objects": b'[1,2]\n"x"\n3\nnull\n',
        "names twice": b'{"location":"L000","sku":"a","sku":"b","on_hand":1}\n',
        "not numbers": b'{"location":"L000","sku":"a","on_hand":NaN}\n',
        "a large number": b'{"location":"L000","sku":"a","on_hand":' + b"9" * 4_000 + b"}\n",
        "half an object": b'{"location":"L000","sku":',
        "a lone surrogate": b'{"location":"L000","sku":"\\ud800","on_hand":1}\n',
    }


def mutated(chance: random.Random, text: bytes) -> bytes:
    """A good file with a few foul places."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(FOUL) + text[at + chance.randrange(6) :]
    return text


def hostile() -> list[tuple[str, str, bytes]]:
    """Every case: its name, the kind of file that it claims to be, and what it holds."""
    chance = random.Random("files")
    head = KINDS["stock"].template.splitlines()[0].encode() + b"\n"
    cases = [(name, "stock", content) for name, content in broken(head).items()]
    for kind in ORDERED:
        template = kind.template.encode()
        cases += [
            (f"{kind.name} {nth}", kind.name, mutated(chance, template)) for nth in range(MUTATIONS)
        ]
    cases += [
        (f"noise {nth}", chance.choice(ORDERED).name, chance.randbytes(chance.randrange(5_000)))
        for nth in range(RANDOM_FILES)
    ]
    return cases


def test_no_file_breaks_anything(api: Api, services: Services) -> None:
    """Whatever is sent is answered; what is taken ends at once, and the next is taken as well."""
    tools = Tools(clock=clock.now, new_id=services.new_id, door=intake_of)
    runners = {JOB: runner_in(folder_in(services.settings.home), tools)}
    work = Work(runners=runners, jitter=lambda: 0.5)
    cases, wrong = hostile(), []
    for name, kind, content in cases:
        headers = {"Content-Type": "application/octet-stream"}
        sent = api.post(f"/v1/imports?kind={kind}", content=content, headers=headers)
        if sent.status_code >= 500:
            wrong.append(f"{name}: {sent.status_code} {sent.text}")
        if sent.status_code != 202:
            continue
        jobs.run_due(services.database, work, clock.now())
        shown = api.get(f"/v1/imports/{sent.json()['id']}")
        if shown.status_code != 200 or shown.json()["state"] not in ENDED:
            wrong.append(f"{name}: {shown.text}")
    assert wrong == []
    assert len(cases) >= CASES_MIN
    waiting = services.database.read(lambda tx: tx.execute("select kind from job").fetchall())
    assert waiting == []
    assert api.get("/livez").status_code == 200


def test_what_an_address_says_and_nobody_reads_is_refused(api: Api, services: Services) -> None:
    """Who asks for a rehearsal must not find everything applied."""
    address = "/v1/imports?kind=legal-entities&dry_run=true"
    head = {"Content-Type": "text/csv"}
    refused = api.post(address, content=KINDS["legal-entities"].template, headers=head)
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["query:dry_run"]
    assert list(folder_in(services.settings.home).iterdir()) == []
