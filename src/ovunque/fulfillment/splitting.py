"""Lines cut in two, each part with a reservation of its own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.fulfillment.model import Fulfillment, FulfillmentLine
from ovunque.fulfillment.store import picking as store
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Tx
from ovunque.stock.claiming import claim
from ovunque.stock.model import Move, Taken


def cut(
    tx: Tx, work: Fulfillment, units: Mapping[UUID, int], new_id: NewId, now: datetime
) -> tuple[Fulfillment, frozenset[UUID]]:
    """The fulfillment with some units of its lines under reservations of their own.

    Given units by reservation; returned with it are the reservations that hold exactly those.
    Picked units stay with the other part as long as they fit there.
    """
    lines: list[FulfillmentLine] = []
    apart: set[UUID] = set()
    old: list[UUID] = []
    for line in work.lines:
        wanted = units.get(line.reservation_id, 0)
        if wanted in (0, line.quantity):
            lines.append(line)
            apart |= {line.reservation_id} if wanted else set()
            continue
        rest = line.quantity - wanted
        stays = min(line.picked, rest)
        part = replace(line, reservation_id=new_id(), quantity=wanted, picked=line.picked - stays)
        lines += [replace(line, reservation_id=new_id(), quantity=rest, picked=stays), part]
        old.append(line.reservation_id)
        apart.add(part.reservation_id)
    after = replace(work, lines=tuple(lines))
    if old:
        _rewrite(tx, work, after, old, now)
    return after, frozenset(apart)


def _rewrite(tx: Tx, work: Fulfillment, after: Fulfillment, old: list[UUID], now: datetime) -> None:
    """One claim gives the old reservations and takes their parts: the level stays as it is."""
    known = {line.reservation_id for line in work.lines}
    gives = tuple(each for each in work.reservations if each.id in old)
    takes = tuple(each for each in after.reservations if each.id not in known)
    claimed = claim(tx, [Move(gives=gives, plans=(takes,))], now)
    assert isinstance(claimed.outcomes[0], Taken), "who keeps what they have is never refused"
    assert not claimed.levels, "a split changes no level"
    store.save_split(
        tx, work.id, old, [line for line in after.lines if line.reservation_id not in known]
    )
