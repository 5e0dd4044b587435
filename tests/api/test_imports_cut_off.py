"""Imports that were cut off, paused or given up: each goes on where it was, whoever brings it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from tests.api.conftest import Api, key_maker
from tests.api.test_imports import ENTITIES, files, send, work
from tests.factories import TESTER

from ovunque.api import imports
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.app import answer_in_loop, furnish
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.pausing import job_of, pause
from ovunque.integrations.files.receiving import (
    WORKER_WAITS,
    Upload,
    file_of,
    find_run,
    folder_in,
    import_now,
    list_runs,
)
from ovunque.integrations.files.runs import ImportRequest, Step, Tools
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import clock
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def services(database: Database, home: Path) -> Iterator[Services]:
    with furnish(Settings(home=home), database, answer_in_loop) as furnished:
        yield furnished


@pytest.fixture
def api(services: Services) -> Iterator[Api]:
    key = key_maker(services)()
    asking = Api(create_api(services, [imports.router], imports.ROUTES), key)
    yield asking
    asking.close()


def test_a_run_that_was_cut_off_elsewhere_is_taken_up_by_the_worker(
    api: Api, services: Services, tmp_path: Path
) -> None:
    """A command that was killed leaves a run open; the same content sent here ends it."""
    path = tmp_path / "entities.csv"
    path.write_text(ENTITIES)
    request = ImportRequest(kind=KINDS["legal-entities"], path=path)

    with pytest.raises(Killed):
        import_file(
            services.database,
            TESTER,
            request,
            Tools(clock=clock.now, new_id=services.new_id, tell=kill_at_once),
        )
    told = send(api, "legal-entities", ENTITIES).json()
    assert work(services) == 1
    shown = api.get(f"/v1/imports/{told['id']}").json()
    assert (shown["state"], shown["done"]) == ("done", 2)


MANY = ENTITIES.splitlines()[0] + "".join(f"\nc-{nth},C,IT," for nth in range(3_500))


def cut_off(services: Services, tell: Callable[[Step], None]) -> UUID:
    """A file that somebody waits for, whose process ends behind some portions."""
    with pytest.raises((Killed, Refusal)):
        bring(services, tell)
    return run_of(services)


def bring(services: Services, tell: Callable[[Step], None]) -> None:
    kind = KINDS["legal-entities"]
    upload = Upload(run_id=services.new_id(), kind=kind, source="file", apply_good=False)
    folder = folder_in(services.settings.home)
    file_of(folder, upload.run_id).write_text(MANY)
    tools = Tools(clock=clock.now, new_id=services.new_id, tell=tell)
    import_now(services.database, TESTER, folder, upload, tools)


def done(services: Services, run: UUID) -> int:
    return services.database.read(lambda tx: find_run(tx, run)).done


def test_a_file_that_somebody_waited_for_is_taken_up_by_the_worker(
    services: Services, home: Path
) -> None:
    """If nobody sends it again: who did may be about to."""

    run = cut_off(services, kill_while_applying)
    assert 1_000 <= done(services, run) < 3_500
    assert work(services) == 0
    assert work(services, WORKER_WAITS) == 1
    assert done(services, run) == 3_500
    assert files(home) == []


def park(services: Services, run: UUID) -> None:
    """The worker has tried it so often that it has given up."""
    services.database.transact(
        lambda tx: tx.execute(
            "update job set state = 'parked', reason = 'no disk', attempts = 99 where key = %s",
            [job_of(run)],
        )
    )


def test_an_import_that_was_given_up_goes_on_when_its_file_comes_again(
    api: Api, services: Services, home: Path
) -> None:
    told = send(api, "legal-entities", ENTITIES).json()
    park(services, parse_public_id("imp", told["id"]))
    assert work(services) == 0
    assert send(api, "legal-entities", ENTITIES).json()["id"] == told["id"]
    assert work(services) == 1
    assert api.get(f"/v1/imports/{told['id']}").json()["state"] == "done"
    assert files(home) == []


def kill_while_applying(step: Step) -> None:
    if step.stage == "applying":
        raise Killed


def kill_at_once(_: Step) -> None:
    raise Killed


def test_who_waits_for_a_file_that_was_given_up_leaves_it_to_the_worker_again(
    services: Services, home: Path
) -> None:
    run = cut_off(services, kill_while_applying)
    park(services, run)
    assert work(services, WORKER_WAITS) == 0
    cut_off(services, kill_at_once)
    assert done(services, run) < 3_500
    assert work(services, WORKER_WAITS) == 1
    assert done(services, run) == 3_500
    assert files(home) == []


def test_nobody_is_told_of_a_given_up_import_that_somebody_else_has_brought_to_its_end(
    services: Services, home: Path
) -> None:
    run = cut_off(services, kill_while_applying)
    park(services, run)
    bring(services, lambda _: None)
    assert done(services, run) == 3_500
    waiting = "select count(*) from job"
    assert services.database.read(lambda tx: tx.execute(waiting).fetchone()) == (0,)
    assert files(home) == []


def test_a_file_that_somebody_has_wait_goes_on_by_itself(
    api: Api, services: Services, home: Path
) -> None:
    def tell(step: Step) -> None:
        if step.stage == "applying" and step.done == 1_000:
            services.database.transact(lambda tx: pause(tx, TESTER, run_of(services), clock.now()))

    run = cut_off(services, tell)
    assert 1_000 <= done(services, run) < 3_500
    address = f"/v1/imports/{public_id('imp', run)}"
    assert api.get(address).json()["paused"]
    assert api.post(f"{address}/resumption", {}).status_code == 201
    assert work(services) == 1
    assert done(services, run) == 3_500
    assert files(home) == []


def run_of(services: Services) -> UUID:
    (past,) = services.database.read(lambda tx: list_runs(tx, ["legal-entities"]))
    return past.run.id


class Killed(Exception):  # noqa: N818 - what kills is not ours
    """The process ends here."""
