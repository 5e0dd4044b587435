"""What somebody does on the floor is done once, however often their device sends it."""

from collections.abc import Callable
from typing import Annotated

from pydantic import Field, StringConstraints

from ovunque.kernel.ids import parse_public_id
from ovunque.platform import idempotency
from ovunque.platform.database import Tx
from ovunque.platform.idempotency import Answer
from ovunque.web.screens import Form
from ovunque.web.visiting import Visit

KEY_LENGTH_MAX = 64
WAVE_MAX = 10
WAVE_LENGTH_MAX = 40 * WAVE_MAX

DeviceKey = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]*$", max_length=KEY_LENGTH_MAX)]


class ActForm(Form):
    """A form that a device may keep for later: it makes the key before it knows who hears it."""

    key: DeviceKey = ""


class WaveForm(ActForm):
    """Something about one task of those that are picked together."""

    wave: str = Field(default="", max_length=WAVE_LENGTH_MAX)


def act(visit: Visit, key: str, work: Callable[[Tx], object]) -> bool:
    """Whether it was done now; under a key of a device that was heard before it is done already."""
    if not key:
        visit.transact(work)
        return True
    path = visit.request.url.path
    name = idempotency.Key(visit.by.client_id, f"act-{key}", idempotency.digest("POST", path, None))

    def once(tx: Tx) -> bool:
        if idempotency.list_answers(tx, [name]):
            return False
        work(tx)
        idempotency.add_answers(tx, [(name, Answer(303, b"{}"))], visit.now)
        return True

    return visit.transact(once)


def tasks_of(wave: str, task_id: str) -> list[str]:
    """The tasks that are picked together, each once; the one that is meant where none is named."""
    named = [each for each in wave.split(",") if each][:WAVE_MAX]
    for each in named:
        parse_public_id("ful", each)
    return list(dict.fromkeys(named)) or [task_id]


def way_back(wave: str, task_id: str) -> str:
    """Where somebody goes on who did something about a task."""
    names = tasks_of(wave, task_id)
    return f"/wave?tasks={','.join(names)}" if len(names) > 1 else f"/tasks/{task_id}"
