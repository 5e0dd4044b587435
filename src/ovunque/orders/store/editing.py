"""What edits write: lines, deliveries and words as they are now, and how they were before."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

import msgspec

from ovunque.delivery.model import Service
from ovunque.orders.model import Delivery, Order
from ovunque.orders.model.editing import (
    Change,
    GiftChange,
    GoingBack,
    NotesChange,
    PastEdit,
    QuantityChange,
)
from ovunque.orders.store.wording import sealed_of
from ovunque.platform.database import Tx
from ovunque.platform.drawers import Drawer

FORMER = Drawer(table="order_edit", column="former", keys=("order_id", "nth"))

Way: TypeAlias = tuple[int, Service, UUID | None, UUID | None]


class Former(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an order was: quantities by line, deliveries; words only where they were changed."""

    quantities: dict[UUID, int] = {}
    deliveries: list[Way] = []
    gift: tuple[str | None] | None = None
    notes: tuple[str | None] | None = None


def former_of(undo: Sequence[Change]) -> Former:
    words = {type(each): each for each in undo}
    gift, notes = words.get(GiftChange), words.get(NotesChange)
    return Former(
        quantities={e.line_id: e.quantity for e in undo if isinstance(e, QuantityChange)},
        deliveries=[
            (e.before.nth, e.before.service, e.before.contact_id, e.before.location_id)
            for e in undo
            if isinstance(e, GoingBack)
        ],
        gift=(gift.message,) if isinstance(gift, GiftChange) else None,
        notes=(notes.notes,) if isinstance(notes, NotesChange) else None,
    )


def undo_of(former: Former) -> tuple[Change, ...]:
    ways = (
        Delivery(nth=n, service=s, contact_id=c, location_id=at)
        for n, s, c, at in former.deliveries
    )
    return (
        *(QuantityChange(line_id=id_, quantity=n) for id_, n in former.quantities.items()),
        *(GoingBack(before=way) for way in ways),
        *(() if former.gift is None else (GiftChange(message=former.gift[0]),)),
        *(() if former.notes is None else (NotesChange(notes=former.notes[0]),)),
    )


def count_edits(tx: Tx, order_id: UUID) -> int:
    rows = tx.execute("select count(*) from order_edit where order_id = %(id)s", {"id": order_id})
    return int(rows.fetchall()[0][0])


def add_edit(tx: Tx, kept: PastEdit) -> None:
    former = former_of(kept.undo)
    tx.execute(
        """
        insert into order_edit (order_id, nth, edited_at, edited_by, version, former, contact_ids)
        values (%(order_id)s, %(nth)s, %(at)s, %(by)s, %(version)s, %(former)s, %(contact_ids)s)
        """,
        {
            "order_id": kept.order_id,
            "nth": kept.nth,
            "at": kept.edited_at,
            "by": kept.edited_by,
            "version": kept.version,
            "former": FORMER.seal(msgspec.json.encode(former), kept.order_id, kept.nth),
            "contact_ids": [contact_id for _, _, contact_id, _ in former.deliveries if contact_id],
        },
    )


def find_last_edit(tx: Tx, order_id: UUID) -> PastEdit | None:
    row = tx.execute(
        """
        select nth, edited_at, edited_by, version, former from order_edit
         where order_id = %(id)s order by nth desc limit 1
        """,
        {"id": order_id},
    ).fetchone()
    if row is None:
        return None
    nth, at, by, version, former = row
    opened = former and FORMER.read(former, order_id, nth)
    return PastEdit(
        order_id=order_id,
        nth=nth,
        edited_at=at,
        edited_by=by,
        version=version,
        undo=undo_of(msgspec.json.decode(opened, type=Former)) if opened else (),
    )


def save_more(tx: Tx, units: Mapping[UUID, int]) -> None:
    """Units more of these lines; those that were canceled are wanted again first."""
    tx.execute(
        """
        update order_line
           set canceled = canceled - least(canceled, more.units),
               ordered = ordered + more.units - least(canceled, more.units)
          from unnest(%(line_ids)s::uuid[], %(units)s::int[]) as more (line_id, units)
         where order_line.id = more.line_id
        """,
        {"line_ids": list(units), "units": list(units.values())},
    )


def save_delivery(tx: Tx, order_id: UUID, delivery: Delivery) -> None:
    """How and where a delivery goes from now on."""
    tx.execute(
        """
        update delivery
           set service = %(service)s, location_id = %(location_id)s, contact_id = %(contact_id)s
         where order_id = %(order_id)s and nth = %(nth)s
        """,
        {
            "order_id": order_id,
            "nth": delivery.nth,
            "service": delivery.service,
            "contact_id": delivery.contact_id,
            "location_id": delivery.location_id,
        },
    )


def save_words(tx: Tx, order: Order) -> None:
    """The gift note and the notes of an order as they are."""
    tx.execute(
        "update customer_order set words = %(words)s where id = %(id)s",
        {"id": order.id, "words": sealed_of(order)},
    )


def list_former_contacts(tx: Tx, order_ids: Sequence[UUID]) -> list[UUID]:
    """Where deliveries of these orders went before they were edited."""
    rows = tx.execute(
        """
        select distinct unnest(contact_ids) as id from order_edit
         where order_id = any(%(ids)s::uuid[]) order by id
        """,
        {"ids": list(order_ids)},
    )
    return [row[0] for row in rows]


def remove_former(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """Nobody goes back to what these orders were."""
    tx.execute(
        "update order_edit set former = null where order_id = any(%(ids)s::uuid[])",
        {"ids": list(order_ids)},
    )
