"""Files that programs send: kept in the data home until the worker has imported them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.integrations.files import store
from ovunque.integrations.files.content import open_content
from ovunque.integrations.files.importing import ENDING, import_file, open_named
from ovunque.integrations.files.kind import Kind
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.pausing import job_of
from ovunque.integrations.files.runs import (
    Imported,
    ImportRequest,
    PastRun,
    Run,
    RunKey,
    State,
    Tools,
)
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, refusals
from ovunque.platform.database import Database, Tx
from ovunque.platform.jobs import Job, Runner

JOB = "import.run"
NAME = "the file"  # Nobody knows it by the name it has here.
KEPT = timedelta(days=30)
WORKER_WAITS = timedelta(minutes=2)  # For somebody who imports a file and may have died of it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that lies in the folder already, and what is to be done with it."""

    run_id: UUID
    kind: Kind
    source: str
    apply_good: bool
    complete: bool = False
    paced: bool = False
    renames: Mapping[str, str] = field(default_factory=dict)


def folder_in(home: Path) -> Path:
    """Where files wait, for our eyes only."""
    folder = home / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def file_of(folder: Path, run_id: UUID) -> Path:
    return folder / run_id.hex


def errors_of(folder: Path, run_id: UUID) -> Path:
    return folder / f"{run_id.hex}.errors.csv"


def receive(database: Database, by: Actor, folder: Path, upload: Upload, now: datetime) -> Run:
    """A run that the worker will see to; the open one if the same content waits already.

    Refused at once when it is no file of this kind; the file is kept for a run only. The run, its
    file and its job are there together, or none of them is: no run waits for nobody.
    """
    run = keep(database, by, folder, upload, (now, now))
    database.transact(lambda tx: jobs.hurry(tx, job_of(run.id), now))
    return run


def keep(
    database: Database, by: Actor, folder: Path, upload: Upload, times: tuple[datetime, datetime]
) -> Run:
    """A run through a file that lies there until it is done; by the worker, once that is due."""
    now, due_at = times
    path = file_of(folder, upload.run_id)
    run = None
    try:
        with open_content(path, name=NAME) as content:
            open_named(database, request_in(folder, upload), content)
            key = RunKey(upload.kind.name, upload.source, content.sha256)

        def work(tx: Tx) -> Run:
            begun = begin(tx, by, upload, key, now)
            if not file_of(folder, begun.id).exists():  # It was cut off, and its file is gone.
                path.replace(file_of(folder, begun.id))
            enqueue(tx, by, upload, begun, due_at)
            jobs.revive(tx, job_of(begun.id), due_at)  # It failed often, and is wanted again.
            return begun

        run = database.transact(work)
    finally:
        if run is None or run.id != upload.run_id:
            path.unlink(missing_ok=True)
    return run


def has_more_lines(path: Path, lines_max: int) -> bool:
    """Whether a file has more lines than that; no more of it is read than it takes to know."""
    left = lines_max
    with open_content(path, name=NAME) as content:
        for block in content.blocks():
            left -= block.count(b"\n")
            if left < 0:
                return True
    return False


def import_now(
    database: Database, by: Actor, folder: Path, upload: Upload, tools: Tools
) -> Imported:
    """Import a file that somebody waits for; cut off, it is left to the worker.

    The same content again goes on where it was as well.
    """
    now = tools.clock()
    run = keep(database, by, folder, upload, (now, now + WORKER_WAITS))
    request = request_in(folder, replace(upload, run_id=run.id))
    try:
        imported = import_file(database, by, request, tools)
    except Refusal as refusal:
        if refusal.code in ENDING:
            forget(database, request.path, run)
        raise
    forget(database, request.path, run)
    return imported


def forget(database: Database, path: Path, run: Run) -> None:
    """Nothing is left to do about a run that came to its end."""
    path.unlink(missing_ok=True)
    database.transact(lambda tx: jobs.drop(tx, job_of(run.id)))


def request_in(folder: Path, upload: Upload) -> ImportRequest:
    return ImportRequest(
        kind=upload.kind,
        path=file_of(folder, upload.run_id),
        errors=errors_of(folder, upload.run_id),
        source=upload.source,
        complete=upload.complete,
        apply_good=upload.apply_good,
        run_id=upload.run_id,
        waits=False,
        paced=upload.paced,
        renames=upload.renames,
        name=NAME,
    )


def begin(tx: Tx, by: Actor, upload: Upload, key: RunKey, now: datetime) -> Run:
    store.add_run(tx, upload.run_id, key, by.name, now)
    run = store.find_open_run(tx, key)
    assert run is not None
    return run


def enqueue(tx: Tx, by: Actor, upload: Upload, run: Run, now: datetime) -> None:
    """Leave a run to the worker; one that waits already is left as it is."""
    body = {
        "run": str(run.id),
        "kind": upload.kind.name,
        "source": upload.source,
        "apply_good": upload.apply_good,
        "complete": upload.complete,
        "paced": upload.paced,
        "by": by.name,
        "client": str(by.client_id),
    }
    jobs.enqueue(tx, key=job_of(run.id), kind=JOB, due_at=now, body=body)


def find_run(tx: Tx, run_id: UUID) -> Run:
    run = store.find_run(tx, run_id)
    if run is None:
        raise Refusal("not_found", what="import")
    return run


def list_runs(
    tx: Tx,
    kinds: Sequence[str],
    before: UUID | None = None,
    limit: int = 20,
    state: State | None = None,
) -> tuple[PastRun, ...]:
    """What was imported of some kinds, and is being imported: the newest first."""
    return store.list_runs(tx, kinds, before, limit, state)


def runner_in(folder: Path, tools: Tools) -> Runner:
    """What the worker does with the files of a folder."""

    def run(database: Database, job: Job, now: datetime) -> None:
        request = request_of(folder, job.body)
        by = Actor(name=job.body["by"], client_id=UUID(job.body["client"]), scopes=frozenset())
        try:
            import_file(database, by, request, tools)
        except Refusal as refusal:
            if refusal.code not in ENDING:
                raise  # Busy or away: another attempt goes on where this one was.
            reason = refusals.explain(refusal)
            database.transact(lambda tx: end(tx, UUID(job.body["run"]), reason, now))
        request.path.unlink(missing_ok=True)
        forget_files(folder, now - KEPT)

    return run


def request_of(folder: Path, body: Mapping[str, Any]) -> ImportRequest:
    run_id = UUID(body["run"])
    return ImportRequest(
        kind=KINDS[body["kind"]],
        path=file_of(folder, run_id),
        errors=errors_of(folder, run_id),
        source=body["source"],
        apply_good=body["apply_good"],
        complete=body.get("complete", False),
        paced=body.get("paced", False),
        run_id=run_id,
        waits=False,
        name=NAME,
    )


def end(tx: Tx, run_id: UUID, reason: str, now: datetime) -> None:
    """A run whose file turned out unusable before it began."""
    run = find_run(tx, run_id)
    if run.state in (State.CHECKING, State.APPLYING):
        store.save_failed(tx, run.failed(reason), now)


def forget_files(folder: Path, before: datetime) -> None:
    """Bad rows may hold what is said of people, and a file cut off has no run: neither stays."""
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # Another worker was here a moment before.
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                path.unlink()
