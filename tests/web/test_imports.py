"""Files are sent on a page, imported by the worker, and say what was wrong with them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.web.conftest import ORIGIN, Browser, NewPerson
from tests.web.wares import WARES

from ovunque import worker
from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.integrations.files.runs import PastRun, Run, RunKey, State
from ovunque.platform import clock, jobs
from ovunque.platform.jobs import Work
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import rules
from ovunque.web.office.imports import Row

GOOD = "location,sku,on_hand,as_of\nMI-DUOMO,JK-LIN-SND-M,9,2026-11-20T10:00:00Z\n"
BAD = "location,sku,on_hand,as_of\nMI-DUOMO,JK-LIN-SND-M,many,2026-11-20T10:00:00Z\n"

Send = Callable[..., int]


@pytest.fixture
def send(browser: Browser, new_person: NewPerson) -> Send:
    """Send a file as a merchandiser would: the status of the answer."""
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")

    def post(content: str, **fields: str) -> int:
        browser.get("/imports")
        found = re.search(r'name="form_key" value="([0-9a-f]{64})"', browser.text)
        assert found
        data = {"form_key": found[1], "kind": "stock", "source": "file", **fields}
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
        files = {"file": ("stock.csv", content.encode(), "text/csv")}
        answer = browser.send("POST", "/imports", data=data, files=files, headers=headers)
        return answer.status_code

    return post


def work_off(services: Services) -> None:
    """What the worker does, in this process."""
    snapshot: Snapshot = services.snapshot()
    known = worker.known_jobs(services.settings, snapshot)
    work = Work(runners=known, jitter=lambda: 0.5)
    while jobs.run_due(services.database, work, clock.now()):
        pass


def test_a_good_file_is_applied_and_a_bad_one_says_why(
    browser: Browser, services: Services, send: Send
) -> None:
    assert send(GOOD) == 303
    assert send(BAD) == 303
    work_off(services)
    browser.get("/imports")
    assert "1 of 1 row" in browser.text
    assert "1 bad row: what is wrong with it" in browser.text
    assert "Nothing was applied: mend the bad rows" in browser.text
    found = re.search(r"/imports/imp_[0-9a-z]{26}/errors", browser.text)
    assert found
    errors = browser.get(found[0])
    assert "on_hand" in errors.text
    assert "many" in errors.text


def test_what_is_no_file_of_its_kind_is_refused_on_the_page(browser: Browser, send: Send) -> None:
    assert send("sku,nothing\n") == 422
    assert 'role="alert"' in browser.text
    assert send("") == 422
    assert "choose a file first" in browser.text
    assert send(GOOD, source="a b") == 422
    assert send(GOOD, kind="customers") == 422, "people are not for merchandisers"


def test_columns_called_otherwise_are_suggested_and_remembered(
    browser: Browser, services: Services, send: Send
) -> None:
    other = GOOD.replace("location,sku,on_hand", "Negozio,Articolo,Giacenza")
    assert send(other, source="erp") == 422
    assert "Negozio=location\nArticolo=sku\nGiacenza=on_hand</textarea>" in browser.text
    assert 'value="erp"' in browser.text
    names = "Negozio=location\r\nArticolo=sku\r\nGiacenza=on_hand\r\n"
    assert send(other, source="erp", names=names) == 303
    assert send(other.replace(",9,", ",8,"), source="erp") == 303
    work_off(services)
    browser.get("/imports")
    assert browser.text.count("1 of 1 row") == 2


def test_each_kind_has_a_template(browser: Browser, send: Send) -> None:
    browser.get("/imports")
    for address in set(re.findall(r"/imports/templates/[a-z-]+\.csv", browser.text)):
        assert browser.get(address).text.count("\n") >= 3
    assert browser.get("/imports/templates/customers.csv").status_code == 404
    assert browser.get("/imports/templates/nothing.csv").status_code == 404


def test_a_file_that_changes_too_much_leads_to_what_waits(
    browser: Browser, services: Services, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "SUSPICIOUS_LEVELS_MIN", 1)
    lines = [f"MI-DUOMO,{ware[0]},0,{clock.now().isoformat()}" for ware in WARES]
    assert send("\n".join(["location,sku,on_hand,as_of", *lines, ""])) == 303
    work_off(services)
    browser.get("/imports")
    assert "Waits for a person" in browser.text
    found = re.search(r"/feeds/fee_[0-9a-z]{26}", browser.text)
    assert found
    browser.get(found[0])
    assert "It is true: apply it" in browser.text


def test_an_import_is_paused_and_goes_on(browser: Browser, services: Services, send: Send) -> None:
    """The worker leaves it alone in between, and takes it up at once afterwards."""
    assert send(GOOD) == 303
    browser.get("/imports")
    (run,) = re.findall(r"/imports/(imp_\w+)/pause", browser.text)
    assert browser.post(f"/imports/{run}/pause").status_code == 303
    assert browser.post(f"/imports/{run}/pause").status_code == 422, "it waits already"
    work_off(services)
    browser.get("/imports")
    assert "Paused" in browser.text
    assert "paused by mara" in browser.text
    assert "every 1s" not in browser.text, "nothing moves"
    assert browser.post(f"/imports/{run}/resumption").status_code == 303
    work_off(services)
    browser.get("/imports")
    assert "1 of 1 row" in browser.text
    assert browser.post(f"/imports/{run}/pause").status_code == 422, "it is done"


def test_a_run_says_how_fast_it_is_and_how_long_it_takes() -> None:
    began = clock.now()
    key = RunKey("stock", "file", b"")
    run = Run(id=UUID(int=1), key=key, state=State.APPLYING, rows=10_000, done=1_000)
    past = PastRun(run=run, actor="mara", started_at=began, ended_at=None)
    row = Row(past, began + timedelta(seconds=10))
    assert row.pace is not None
    assert (row.pace.rows_a_second, row.pace.minutes_left) == (100, 2)
    done = replace(past, run=replace(run, state=State.DONE))
    assert Row(done, began).pace is None
    assert Row(replace(past, run=replace(run, done=0)), began).pace is None
