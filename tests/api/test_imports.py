"""Files over HTTP: taken at once, imported by the worker, told about afterwards."""

import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.api.conftest import Api, NewKey, key_maker

from ovunque import worker
from ovunque.api import imports
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.app import answer_in_loop, furnish
from ovunque.furnishing import intake_of
from ovunque.integrations.files.kinds import KINDS, ORDERED
from ovunque.integrations.files.receiving import (
    JOB,
    KEPT,
    folder_in,
    forget_files,
    runner_in,
)
from ovunque.integrations.files.runs import Tools
from ovunque.platform import clock, jobs
from ovunque.platform.database import Database
from ovunque.platform.jobs import Work
from ovunque.platform.settings import Settings
from ovunque.sourcing.snapshot import load

CSV = {"Content-Type": "text/csv"}
ENTITIES = KINDS["legal-entities"].template


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def services(database: Database, home: Path) -> Iterator[Services]:
    with furnish(Settings(home=home), database, answer_in_loop) as furnished:
        yield furnished


@pytest.fixture
def new_key(services: Services) -> NewKey:
    return key_maker(services)


@pytest.fixture
def api(services: Services, new_key: NewKey) -> Iterator[Api]:
    asking = Api(create_api(services, [imports.router], imports.ROUTES), new_key())
    yield asking
    asking.close()


def send(api: Api, kind: str, content: bytes | str, **headers: str) -> httpx.Response:
    return api.post(f"/v1/imports?kind={kind}", content=content, headers=CSV | headers)


def work(services: Services, later: timedelta = timedelta(0)) -> int:
    """What the worker does with all that is due."""
    tools = Tools(clock=clock.now, new_id=services.new_id, door=intake_of)
    runners = {JOB: runner_in(folder_in(services.settings.home), tools)}
    due_at = clock.now() + later
    return jobs.run_due(services.database, Work(runners=runners, jitter=lambda: 0.5), due_at)


def files(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "imports").glob("*"))


def test_files_sent_are_imported_by_the_worker(api: Api, services: Services, home: Path) -> None:
    for kind in ORDERED:
        sent = send(api, kind.name, kind.template)
        assert sent.status_code == 202
        told = sent.json()
        assert (told["state"], told["rows"], told["done"]) == ("checking", 0, 0)
        assert work(services) == 1
        shown = api.get(f"/v1/imports/{told['id']}").json()
        assert (shown["kind"], shown["state"], shown["done"]) == (kind.name, "done", 2)
        assert api.get(told["errors_url"]).status_code == 404
    assert files(home) == []

    again = send(api, "stock", KINDS["stock"].template).json()
    work(services)
    shown = api.get(f"/v1/imports/{again['id']}").json()
    assert (shown["changed"], shown["unchanged"]) == (0, 2)


def test_the_worker_has_a_door_for_orders(api: Api, services: Services) -> None:
    for kind in ("legal-entities", "locations", "channels", "items"):
        send(api, kind, KINDS[kind].template)
        work(services)
    told = send(api, "orders", KINDS["orders"].template).json()
    known = worker.known_jobs(services.settings, services.database.read(load))
    jobs.run_due(services.database, Work(runners=known, jitter=lambda: 0.5), clock.now())
    shown = api.get(f"/v1/imports/{told['id']}").json()
    assert (shown["state"], shown["created"], shown["reason"]) == ("done", 2, None)


def test_bad_rows_can_be_fetched(api: Api, services: Services) -> None:
    told = send(api, "legal-entities", f"{ENTITIES}c,C,Italy,\n").json()
    work(services)
    shown = api.get(f"/v1/imports/{told['id']}").json()
    assert (shown["state"], shown["rows"], shown["bad"], shown["done"]) == ("failed", 2, 1, 0)
    assert "nothing was applied" in shown["reason"]
    errors = api.get(shown["errors_url"])
    assert errors.headers["content-type"].startswith("text/csv")
    assert errors.text.splitlines()[1].startswith("4,country,Italy,malformed,")

    address = "/v1/imports?kind=legal_entities&apply_good=true"
    told = api.post(address, content=f"{ENTITIES}c,C,Italy,\n", headers=CSV).json()
    work(services)
    shown = api.get(f"/v1/imports/{told['id']}").json()
    assert (shown["state"], shown["created"], shown["bad"]) == ("done", 2, 1)


def test_the_same_content_that_waits_is_the_same_import(
    api: Api, services: Services, home: Path
) -> None:
    first, second = (send(api, "legal-entities", ENTITIES).json() for _ in range(2))
    assert first == second
    assert len(files(home)) == 1
    assert work(services) == 1
    assert api.get(f"/v1/imports/{first['id']}").json()["state"] == "done"


def test_a_form_and_a_packed_file_are_files_too(api: Api, services: Services) -> None:
    form = api.post("/v1/imports?kind=legal-entities", files={"file": ("x.csv", ENTITIES)})
    assert form.status_code == 202
    work(services)
    assert api.get(f"/v1/imports/{form.json()['id']}").json()["created"] == 2

    packed = gzip.compress(ENTITIES.encode())
    sent = send(api, "legal-entities", packed, **{"Content-Type": "application/gzip"})
    work(services)
    assert api.get(f"/v1/imports/{sent.json()['id']}").json()["unchanged"] == 2


def test_columns_called_otherwise_are_named_in_the_address(api: Api, services: Services) -> None:
    """Of CSV and of lines of JSON; what fits is remembered, what does not is pointed at."""
    theirs = ENTITIES.replace("code,name", "Codice,nome/2")
    refused = send(api, "legal-entities", theirs)
    assert refused.status_code == 422
    faults = {each["pointer"]: each for each in refused.json()["errors"]}
    assert faults["/Codice"]["code"] == "unknown_field"
    assert faults["/Codice"]["detail"].endswith("Perhaps it is code.")
    assert faults["/nome~12"]["code"] == "unknown_field"
    assert faults["/code"]["code"] == faults["/name"]["code"] == "missing"

    named = "legal-entities&map=Codice%3Dcode&map=nome/2%3Dname"
    sent = [send(api, named, theirs)]
    lines = '{"Codice": "z", "nome/2": "Z", "country": "IT", "vat_id": null}\n'
    sent.append(send(api, f"{named}&source=other", lines))
    sent.append(send(api, "legal-entities&source=other", lines.replace("z", "y")))
    assert [work(services) for _ in sent] == [1, 1, 1]
    shown = [api.get(f"/v1/imports/{each.json()['id']}").json() for each in sent]
    assert [(each["state"], each["created"]) for each in shown] == [
        ("done", 2),
        ("done", 1),
        ("done", 1),
    ]


@pytest.mark.parametrize("told", ["Codice%3Dcod", "code", "%3Dcode"])
def test_a_column_that_is_none_of_ours_is_refused_by_its_parameter(
    api: Api, home: Path, told: str
) -> None:
    refused = send(api, f"legal-entities&map={told}", ENTITIES)
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["query:map"]
    assert files(home) == []


@pytest.mark.parametrize(
    ("address", "content", "status"),
    [
        ("kind=everything", ENTITIES, 422),
        ("", ENTITIES, 422),
        ("kind=stock&source=%20", ENTITIES, 422),
        ("kind=stock&apply_good=1", ENTITIES, 422),
        ("kind=stock&dry=1", ENTITIES, 422),
        ("kind=stock", ENTITIES, 422),
        ("kind=stock", "", 422),
        ("kind=stock", "PK\x03\x04", 422),
        ("kind=stock", "\x1f\x8b", 422),
    ],
)
def test_what_cannot_be_imported_is_refused_at_once(
    api: Api, home: Path, address: str, content: str, status: int
) -> None:
    answer = api.post(f"/v1/imports?{address}", content=content.encode("latin-1"), headers=CSV)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert files(home) == []


def test_other_media_and_odd_forms_are_refused(api: Api, home: Path) -> None:
    address = "/v1/imports?kind=legal-entities"
    assert api.post(address, {"file": "x"}).status_code == 415
    for odd in ({"other": ("x.csv", ENTITIES)}, [("file", ("x", "")), ("file", ("y", ""))]):
        assert api.post(address, files=odd).status_code == 422
    headers = {"Content-Type": "multipart/form-data"}
    assert api.post(address, content="--x", headers=headers).status_code == 422
    assert files(home) == []


def test_a_key_imports_and_sees_what_it_may(
    api: Api, new_key: NewKey, services: Services, home: Path
) -> None:
    known = send(api, "customers", KINDS["customers"].template).json()["id"]
    work(services)
    api.token = new_key("stock", "config")
    assert send(api, "legal-entities", ENTITIES).status_code == 202
    assert send(api, "customers", KINDS["customers"].template).status_code == 403
    assert send(api, "orders", KINDS["orders"].template).status_code == 403
    assert api.get(f"/v1/imports/{known}").status_code == 403
    assert api.get(f"/v1/imports/{known}/errors").status_code == 403
    api.token = new_key("stock")
    assert send(api, "items", KINDS["items"].template).status_code == 403
    api.token = new_key("read")
    assert send(api, "stock", KINDS["stock"].template).status_code == 403
    assert len(files(home)) == 1


def test_imports_are_listed_by_kind_and_state(api: Api, services: Services) -> None:
    first = send(api, "legal-entities", ENTITIES).json()["id"]
    work(services)
    other = send(api, "items", KINDS["items"].template).json()["id"]
    newest = send(api, "legal-entities", f"{ENTITIES}c,C,Italy,\n").json()["id"]

    def listed(query: str = "") -> list[str]:
        return [each["id"] for each in api.get(f"/v1/imports{query}").json()["data"]]

    assert listed() == [newest, other, first]
    assert listed("?kind=legal-entities") == [newest, first]
    assert listed("?state=checking") == [newest, other]
    assert listed("?kind=legal_entities&state=done") == [first]
    page = api.get("/v1/imports?limit=2").json()
    assert [each["id"] for each in page["data"]] == [newest, other]
    rest = api.get(f"/v1/imports?limit=2&cursor={page['next_cursor']}").json()
    assert rest["next_cursor"] is None
    (told,) = rest["data"]
    alone = api.get(f"/v1/imports/{first}").json()
    assert {name: told[name] for name in alone} == alone
    assert (told["source"], told["begun_by"]) == ("file", "client of all")
    assert told["begun_at"] <= told["ended_at"]
    for query in ("?kind=nothing", "?state=nothing"):
        assert api.get(f"/v1/imports{query}").status_code == 422, query
    assert api.get("/v1/imports?cursor=nothing").json()["code"] == "cursor_invalid"


def test_a_key_lists_the_imports_of_what_it_may_write(
    api: Api, services: Services, new_key: NewKey
) -> None:
    send(api, "customers", KINDS["customers"].template)
    shown = send(api, "stock", KINDS["stock"].template).json()["id"]
    api.token = new_key("stock")
    assert [each["id"] for each in api.get("/v1/imports").json()["data"]] == [shown]
    assert api.get("/v1/imports?kind=customers").status_code == 403


def test_a_file_that_is_gone_ends_its_import(api: Api, services: Services, home: Path) -> None:
    told = send(api, "legal-entities", ENTITIES).json()
    for path in (home / "imports").glob("*"):
        path.unlink()
    assert work(services) == 1
    shown = api.get(f"/v1/imports/{told['id']}").json()
    assert shown["state"] == "failed"
    assert "no such file" in shown["reason"]
    assert work(services) == 0


def test_bad_rows_are_not_kept_for_good(api: Api, services: Services, home: Path) -> None:
    send(api, "legal-entities", f"{ENTITIES}c,C,Italy,\n")
    work(services)
    forget_files(home / "imports", clock.now() - KEPT)
    assert len(files(home)) == 1
    forget_files(home / "imports", clock.now() + timedelta(minutes=1))
    assert files(home) == []


def test_nobody_is_told_of_what_is_not_there(api: Api) -> None:
    for name in ("imp_01jd8m4z6vf2a9t3k5w7x0y1q8", "imp_x", "ord_01jd8m4z6vf2a9t3k5w7x0y1q8"):
        assert api.get(f"/v1/imports/{name}").status_code == 404
        assert api.get(f"/v1/imports/{name}/errors").status_code == 404
