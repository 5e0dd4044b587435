"""The work of one location: what waits there, and what a scanned code has to do with it."""

from uuid import UUID

from ovunque.insight import store
from ovunque.insight.model import Task
from ovunque.platform.database import Tx

TASKS_MAX = 500  # More than a location does in a day; a list that is cut says so.


def list_tasks(tx: Tx, location_id: UUID) -> tuple[Task, ...]:
    """Everything a location has to do something about, what is oldest first."""
    return store.list_tasks(tx, location_id, TASKS_MAX)


def find_task_of_parcel(tx: Tx, location_id: UUID, code: str) -> UUID | None:
    """The task whose parcel carries this code on its label, at this location."""
    return store.find_task_of_parcel(tx, location_id, code)
