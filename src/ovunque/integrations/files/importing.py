"""Import a file: all of its rows are checked before the first is applied."""

import hashlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from ovunque.access.model import Actor
from ovunque.integrations.files import store
from ovunque.integrations.files.columns import listed
from ovunque.integrations.files.content import Content, open_content, refused
from ovunque.integrations.files.holding import held
from ovunque.integrations.files.kind import Asked, Intake, Portion, Weighing
from ovunque.integrations.files.renaming import strangers
from ovunque.integrations.files.reporting import BadRows
from ovunque.integrations.files.runs import Imported, ImportRequest, Run, RunKey, State, Step, Tools
from ovunque.integrations.files.sheet import Sheet, open_sheet
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.platform.database import Database, Tx

ENDING = frozenset({"invalid", "key_held"})  # Another attempt would be refused as well.


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One import at work."""

    database: Database
    by: Actor
    request: ImportRequest
    tools: Tools
    sheet: Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file all of whose rows were looked at."""

    intake: Intake
    rows: int
    bad_rows: BadRows

    @property
    def good(self) -> int:
        return self.rows - len(self.bad_rows.lines)

    @property
    def more(self) -> int:
        return self.intake.more if isinstance(self.intake, Weighing) else 0


def import_file(database: Database, by: Actor, request: ImportRequest, tools: Tools) -> Imported:
    """Apply the rows of a file: all, or none if any is bad and its good ones were not asked for.

    The same content again goes on where a run through it was cut off, and changes nothing that
    stands already. The caller is told of bad rows in the answer; what makes the file unusable as
    a whole is a refusal.
    """
    if request.errors and request.errors.resolve() == request.path.resolve():
        raise refused(request.path.name, "would be overwritten by its own errors")
    with open_content(request.path, request.bytes_max, request.name) as content:
        sheet = open_named(database, request, content)
        task = Task(database=database, by=by, request=request, tools=tools, sheet=sheet)
        key = RunKey(request.kind.name, request.source, content.sha256)
        if request.dry_run:
            return rehearse(task, key)
        wait = (lambda: tools.tell(Step("waiting"))) if request.waits else None
        with held(database, key, wait):
            return perform(task, key)


def open_named(database: Database, request: ImportRequest, content: Content) -> Sheet:
    """The rows of a file whose columns may be called otherwise; names that fit are remembered."""
    kind, source = request.kind.name, request.source
    unknown = strangers(request.renames, request.kind.columns)
    if unknown:
        raise Refusal("invalid", detail=f"{kind} has no column {listed(unknown)}.")
    known = database.read(lambda tx: store.list_names(tx, kind, source))
    content.renames = known | dict(request.renames)
    sheet = open_sheet(content, request.kind.columns)
    if request.renames and not request.dry_run:
        database.transact(lambda tx: store.save_names(tx, kind, source, request.renames))
    return sheet


def rehearse(task: Task, key: RunKey) -> Imported:
    """What would come of it; nothing is stored."""
    checked = check(task)
    foreseen = None
    if isinstance(intake := checked.intake, Weighing):
        foreseen = task.database.read(intake.foresee)
    run = Run(
        id=task.tools.new_id(),
        key=key,
        state=State.CHECKING,
        rows=checked.good + checked.more,
        bad=len(checked.bad_rows.lines),
    )
    return replace(answer(run, checked), foreseen=foreseen)


def perform(task: Task, key: RunKey) -> Imported:
    """Check, then apply; how far it came is stored with every step."""
    begun = task.database.transact(lambda tx: begin(tx, task, key))
    if not begun.is_open:
        return Imported(run=begun, first=(), errors=None)
    with failures_stored(task, begun):
        checked = check(task)
        run = replace(begun, rows=checked.good, bad=len(checked.bad_rows.lines))
        if run.bad and not task.request.apply_good:
            reason = f"{run.bad} bad rows, nothing was applied"
            return answer(fail(task, run.failed(reason)), checked)
        too_much = weigh(task, checked, begun)
        if too_much is not None:
            return answer(fail(task, run.held(too_much)), checked)
        run = replace(run, rows=checked.good + checked.more)
        run = resume(run, begun, checked.bad_rows.fingerprint())
        if not task.database.transact(lambda tx: store.save_checked(tx, run)):
            raise Refusal("import_paused")
        apply(task, checked, run)
    return answer(finish(task, run), checked, resumed=run.done)


def weigh(task: Task, checked: Checked, begun: Run) -> str | None:
    """Why a person has to look at the rows before any is applied, if somebody has."""
    intake = checked.intake
    if not isinstance(intake, Weighing):
        return None

    def work(tx: Tx) -> str | None:
        store.allow_patience(tx)
        again = begun.state == State.APPLYING
        return intake.weigh(tx, task.by, task.tools.clock(), again=again)

    task.database.transact(lambda tx: intake.announce(tx, task.tools.clock()))
    return task.database.transact(work)


def begin(tx: Tx, task: Task, key: RunKey) -> Run:
    """The run through this content that was cut off or waits for us, or a new one.

    A run that waited for us may have been brought to its end by somebody with the same content.
    """
    id_ = task.request.run_id or task.tools.new_id()
    store.add_run(tx, id_, key, task.by.name, task.tools.clock())
    run = store.find_open_run(tx, key) or store.find_run(tx, id_)
    assert run is not None
    if run.is_paused:
        raise Refusal("import_paused")
    return run


def check(task: Task) -> Checked:
    """See every row, as often as the kind needs to; all faults are collected."""
    request, sheet = task.request, task.sheet
    asked = Asked(
        now=task.tools.clock(),
        new_id=task.tools.new_id,
        source=request.source,
        complete=request.complete,
        digest=hashlib.sha256(sheet.content.sha256 + bytes([request.complete])).digest(),
        pace=partial(task.tools.pace, task.database) if request.paced else None,
        door=partial(task.tools.door, task.database) if task.tools.door else None,
    )
    intake = task.database.read(lambda tx: request.kind.open(tx, sheet.columns, asked))
    with closing(BadRows(request.errors)) as bad_rows:
        seen = read_through(task, intake, bad_rows)
        for look in range(1, intake.looks):
            look_again(task, intake, bad_rows, look)
        bad_rows.add(intake.settle())
    if not seen:
        sheet.content.refuse("has no rows")
    return Checked(intake=intake, rows=seen, bad_rows=bad_rows)


def read_through(task: Task, intake: Intake, bad_rows: BadRows) -> int:
    """The first look at all rows; returns how many there are."""
    seen = 0
    for rows in task.sheet.rows():
        seen += len(rows.lines) + len({bad.line for bad in rows.bad})
        if seen > intake.rows_max:
            task.sheet.content.refuse(f"has more than {intake.rows_max} rows: divide it")
        bad_rows.add(rows.bad)
        bad_rows.add(intake.check(0, rows))
        tell_checking(task, intake, 0)
    return seen


def look_again(task: Task, intake: Intake, bad_rows: BadRows, look: int) -> None:
    for rows in task.sheet.rows():
        bad_rows.add(intake.check(look, rows))
        tell_checking(task, intake, look)


def tell_checking(task: Task, intake: Intake, look: int) -> None:
    content = task.sheet.content
    done = look * content.size + content.bytes_read
    task.tools.tell(Step("checking", done, intake.looks * content.size))


def resume(run: Run, begun: Run, left_out: bytes) -> Run:
    """Behind what was applied, if it is the same rows that are to be; else from the first."""
    if (begun.rows, begun.left_out) == (run.rows, left_out):
        return run
    return replace(run, left_out=left_out, done=0, created=0, changed=0, unchanged=0)


def apply(task: Task, checked: Checked, run: Run) -> None:
    """Apply the good rows behind `done`, each portion in a transaction of its own."""
    intake, passed = checked.intake, 0
    with ThreadPoolExecutor(intake.writers) as writers:
        at_work: deque[Future[int]] = deque()
        for portion in intake.portions(task.sheet, checked.bad_rows.lines):
            left = portion.behind(run.done - passed)
            if left is not None:
                before = at_work[-1] if at_work else None
                place = Place(run=run, passed=max(passed, run.done), before=before)
                at_work.append(writers.submit(apply_portion, task, intake, left, place))
            passed += portion.rows
            if len(at_work) > intake.writers:
                task.tools.tell(Step("applying", at_work.popleft().result(), run.rows))
        for future in at_work:
            task.tools.tell(Step("applying", future.result(), run.rows))
    assert passed == run.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a portion stands among all: behind so many rows, and behind one still at work."""

    run: Run
    passed: int
    before: Future[int] | None


def apply_portion(task: Task, intake: Intake, portion: Portion, place: Place) -> int:
    """Rows and progress are committed together, or neither is; returns how far that brings us.

    Writers work side by side and commit one after the other: `done` never passes a gap.
    """

    def work(tx: Tx) -> int:
        store.allow_patience(tx)
        saved = intake.save(tx, task.by, portion, task.tools.clock())
        if place.before is not None:
            place.before.result()
        if not store.save_progress(tx, place.run.id, place.passed, portion.rows, saved):
            run = store.find_run(tx, place.run.id)
            if run is not None and run.is_paused:
                raise Refusal("import_paused")
            task.sheet.content.refuse("is being imported by somebody else")
        return place.passed + portion.rows

    return task.database.transact(work)


def finish(task: Task, run: Run) -> Run:
    def work(tx: Tx) -> Run | None:
        store.save_done(tx, run.id, task.tools.clock())
        return store.find_run(tx, run.id)

    done = task.database.transact(work)
    assert done is not None
    return done


def fail(task: Task, failed: Run) -> Run:
    task.database.transact(lambda tx: store.save_failed(tx, failed, task.tools.clock()))
    return failed


@contextmanager
def failures_stored(task: Task, run: Run) -> Iterator[None]:
    """A file that turns out unusable ends its run; whatever else happens leaves it to go on."""
    try:
        yield
    except Refusal as refusal:
        if refusal.code in ENDING:
            fail(task, run.failed(refusals.explain(refusal)))
        raise


def answer(run: Run, checked: Checked, resumed: int = 0) -> Imported:
    bad_rows = checked.bad_rows
    return Imported(
        run=run,
        first=bad_rows.first,
        errors=bad_rows.written,
        errors_lost=bad_rows.lost,
        resumed=resumed,
    )
