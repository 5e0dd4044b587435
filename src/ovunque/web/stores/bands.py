"""The bands of a store's work: how far each task is, and what is next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ovunque.fulfillment.model import FulfillmentState as State
from ovunque.insight.model import Task
from ovunque.web.language import M_, Message


class Band(StrEnum):
    ACCEPT = "accept"
    PICK = "pick"
    PACK = "pack"
    HAND_OVER = "hand_over"
    CARRIERS = "carriers"
    COLLECT = "collect"


BAND_OF: Mapping[State, Band] = {
    State.OFFERED: Band.ACCEPT,
    State.ACCEPTED: Band.PICK,
    State.PICKING: Band.PICK,
    State.PICKED: Band.PACK,
    State.PACKED: Band.HAND_OVER,
    State.READY: Band.HAND_OVER,
}
NAMES: Mapping[Band, Message] = {
    Band.ACCEPT: M_("band", "Accept"),
    Band.PICK: M_("band", "Pick"),
    Band.PACK: M_("band", "Pack"),
    Band.HAND_OVER: M_("band", "Hand over"),
    Band.CARRIERS: M_("band", "Carriers"),
    Band.COLLECT: M_("band", "Collect"),
}
NEXT: Mapping[Band, Message] = {
    Band.ACCEPT: M_("action", "Accept"),
    Band.PICK: M_("action", "Pick"),
    Band.PACK: M_("action", "Pack"),
    Band.HAND_OVER: M_("action", "Open"),
    Band.COLLECT: M_("action", "Hand over"),
}


def band_of(task: Task) -> Band:
    if task.state == State.READY and not task.travels:
        return Band.COLLECT
    return BAND_OF[task.state]


@dataclass(frozen=True, slots=True)
class Tab:
    """A band with how much is in it."""

    band: Band
    count: int
    is_chosen: bool

    @property
    def address(self) -> str:
        return "/pickups" if self.band == Band.CARRIERS else f"/tasks?band={self.band}"

    @property
    def name(self) -> Message:
        return NAMES[self.band]


def tabs_of(tasks: Sequence[Task], chosen: Band) -> list[Tab]:
    """Every band with how much is in it; that of the carriers counts what they may take along."""
    counts = {each: sum(band_of(task) == each for task in tasks) for each in Band}
    counts[Band.CARRIERS] = sum(task.travels and task.state == State.READY for task in tasks)
    return [Tab(each, counts[each], each == chosen) for each in Band]
