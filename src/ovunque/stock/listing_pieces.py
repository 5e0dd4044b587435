"""Second-hand and refurbished pieces: each is an item of its own, and there is one of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog import knowing_pieces as pieces
from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Condition, Item, ItemRequest, Piece, PieceRequest
from ovunque.catalog.saving import save_items
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.rows import Saved, faults_of_one, refuse_faults, repeated
from ovunque.network.listing import ids_of_locations
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, store
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.moving import move

SOURCE = "pieces"


def list_pieces(tx: Tx, by: Actor, requests: Sequence[PieceRequest], now: datetime) -> Saved:
    """Put pieces on sale; one that is there already, as it is told, is left as it is."""
    places = ids_of_locations(tx, {each.location for each in requests})
    likes = pieces.find_likes(tx, requests)
    _refuse(requests, likes, places)
    standing = pieces.lock_pieces(tx, [each.sku for each in requests])
    fresh = [each for each in requests if each.sku not in standing]
    if not fresh:
        return Saved(unchanged=len(requests))
    known = find_items(tx, [each.sku for each in fresh])  # Left as they are.
    items = [_item(each, likes[each.like]) for each in fresh if each.sku not in known]
    save_items(tx, by, items, now)
    pieces.add_pieces(tx, [(each, places[each.location]) for each in fresh], now)
    there = {level.key.sku for level in store.list_levels_of(tx, [each.sku for each in fresh])}
    movements = [_receipt(each, places, now) for each in fresh if each.sku not in there]
    if movements:
        move(tx, by, SOURCE, movements, now)
    journal.record(tx, [events.pieces_listed([each.sku for each in fresh])], by=by.name, at=now)
    return Saved(created=len(fresh), unchanged=len(requests) - len(fresh))


def list_piece(tx: Tx, by: Actor, request: PieceRequest, now: datetime) -> Piece:
    """One more piece; refused when it is there already."""
    if pieces.lock_pieces(tx, [request.sku]):
        raise Refusal("already_exists", what=f"piece {request.sku}")
    with faults_of_one():
        list_pieces(tx, by, [request], now)
    return pieces.find_piece(tx, request.sku)


def withdraw(tx: Tx, by: Actor, sku: str, now: datetime) -> Piece:
    """Take a piece off sale; refused when it is somebody's already, or was taken off before."""
    found = pieces.lock_pieces(tx, [sku]).get(sku)
    if found is None:
        raise Refusal("not_found", what=f"piece {sku[:64]}")
    if found.withdrawn_at is not None:
        return found
    keys = sorted(level.key for level in store.list_levels_of(tx, [sku]))
    levels = [level for level in store.lock_levels(tx, keys) if level.on_hand]
    if not levels or any(level.reserved for level in levels):
        raise Refusal("piece_gone", sku=sku)
    gone = [_departure(level.key, level.on_hand, now) for level in levels]
    move(tx, by, SOURCE, gone, now)
    pieces.save_withdrawn(tx, sku, now)
    journal.record(tx, [events.pieces_withdrawn([sku])], by=by.name, at=now)
    return replace(found, withdrawn_at=now)


def _refuse(
    requests: Sequence[PieceRequest], likes: dict[str, Item], places: dict[str, UUID]
) -> None:
    twice = repeated("/sku", [each.sku for each in requests])
    again = repeated("/serial", [each.serial for each in requests])
    refuse_faults(
        [
            (*pieces.check_piece(each), *_unknown(each, likes, places), *same, *serial)
            for each, same, serial in zip(requests, twice, again, strict=True)
        ]
    )


def _unknown(
    request: PieceRequest, likes: dict[str, Item], places: dict[str, UUID]
) -> Iterable[Fault]:
    like = likes.get(request.like)
    if like is None or like.condition != Condition.NEW or like.components:
        yield Fault("/like", "unknown_reference", "There is no such new item.")
    if request.location not in places:
        yield Fault("/location", "unknown_reference", "There is no such location.")


def _item(request: PieceRequest, like: Item) -> ItemRequest:
    """What it is like, but for its condition and its price."""
    names = ItemRequest.__dataclass_fields__
    told = {name: getattr(like, name) for name in names}
    return replace(
        ItemRequest(**told),
        sku=request.sku,
        gtins=(),
        condition=request.condition,
        price_cents=request.price_cents,
        cost_cents=request.cost_cents,
    )


def _receipt(request: PieceRequest, places: dict[str, UUID], now: datetime) -> Movement:
    return Movement(
        id=f"{request.sku} {now.isoformat()}",
        key=Key(request.sku, places[request.location]),
        kind=MovementKind.RECEIVED,
        quantity=1,
        occurred_at=now,
        reason="taken in",
    )


def _departure(key: Key, units: int, now: datetime) -> Movement:
    return Movement(
        id=f"{key.sku} {now.isoformat()} off",
        key=key,
        kind=MovementKind.ADJUSTED,
        quantity=-units,
        occurred_at=now,
        reason="withdrawn from sale",
    )
