"""A person has an import wait, and go on: what is applied stays, and nothing is applied twice."""

from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.integrations.files import store
from ovunque.integrations.files.runs import Run
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact


def pause(tx: Tx, by: Actor, run_id: UUID, now: datetime) -> Run:
    """No further portion is applied; one that is being applied is undone or done."""
    return _turn(tx, by, run_id, now, wait=True)


def go_on(tx: Tx, by: Actor, run_id: UUID, now: datetime) -> Run:
    """The worker takes it up again; one that came by command waits for its file."""
    run = _turn(tx, by, run_id, now, wait=False)
    jobs.hurry(tx, job_of(run_id), now)
    return run


def job_of(run_id: UUID) -> str:
    return f"import-{run_id}"


def _turn(tx: Tx, by: Actor, run_id: UUID, now: datetime, *, wait: bool) -> Run:
    run = store.lock_run(tx, run_id)
    if run is None:
        raise Refusal("not_found", what="import")
    if not run.is_open or run.is_paused == wait:
        state = "paused" if run.is_paused else run.state.value
        event = "paused" if wait else "resumed"
        raise Refusal("transition_refused", state=state, event=event)
    store.save_paused(tx, run_id, by.name if wait else None, now)
    kind = "import.paused" if wait else "import.resumed"
    fact = Fact(kind=kind, subject=public_id("imp", run_id), body={"kind": run.key.kind})
    journal.record(tx, [fact], by=by.name, at=now)
    turned = store.find_run(tx, run_id)
    assert turned is not None
    return turned
