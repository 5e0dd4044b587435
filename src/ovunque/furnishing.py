"""What orders are planned and answered with, in every process that takes some."""

from hashlib import sha256

from ovunque.api.holds_shown import answer_with_hold
from ovunque.api.orders import answer_with_order, answer_with_refusal
from ovunque.api.promise_changes import show_anew
from ovunque.kernel.ids import NewId
from ovunque.orders.numbering import Numbers
from ovunque.orders.ports import Desk, Rendering
from ovunque.orders.receiving import Intake
from ovunque.platform import clock
from ovunque.platform.database import Database
from ovunque.promise import sealing
from ovunque.promise.sealing import Promises
from ovunque.sourcing.snapshot import Snapshot, load

RENDERING = Rendering(
    order=answer_with_order,
    refusal=answer_with_refusal,
    hold=answer_with_hold,
    anew=show_anew,
)


def desk_of(snapshot: Snapshot, new_id: NewId, promises: Promises) -> Desk:
    """What the intake plans and answers with."""
    return Desk(
        snapshot=lambda: snapshot,
        new_id=new_id,
        numbers=Numbers(),
        rendering=RENDERING,
        promises=promises,
    )


def load_promises(database: Database) -> Promises:
    """The seals of promises; the first process that comes makes the first one."""
    secret = sha256(clock.new_secret().encode()).digest()
    return database.transact(lambda tx: sealing.load(tx, secret, clock.now()))


def intake_of(database: Database, snapshot: Snapshot | None = None) -> Intake:
    """For whoever brings orders many at a time, in transactions of their own: nothing runs here.

    Who keeps no snapshot gets the present one.
    """
    snapshot = snapshot or database.read(load)
    desk = desk_of(snapshot, clock.new_id_source(), load_promises(database))
    return Intake(database, desk, clock.now)
