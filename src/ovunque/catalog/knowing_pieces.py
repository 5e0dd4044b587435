"""Single pieces: what makes each of them different from the new item that it is like."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.catalog import store
from ovunque.catalog.model import Condition, Item, Piece, PieceRequest
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.rows import Faults, code, codes_of, each_of, one_of, text, within
from ovunque.kernel.text import is_code
from ovunque.platform.database import Tx

LIMIT_MAX = 1_000
PHOTOS_MAX = 20
PHOTO_LEADS = ("https://", "/pictures/")  # Elsewhere, or drawn by this server.


def check_piece(request: PieceRequest) -> Faults:
    """What the row itself shows."""
    new = request.condition == Condition.NEW
    return (
        *code("/sku", request.sku),
        *code("/like", request.like),
        *code("/location", request.location),
        *text("/serial", request.serial, 100),
        *one_of("/condition", request.condition, Condition),
        *((Fault("/condition", "not_allowed", "A single piece is not new."),) if new else ()),
        *within("/price_cents", request.price_cents, 0, 100_000_000),
        *within("/cost_cents", request.cost_cents, 0, 100_000_000),
        *text("/note", request.note, 1_000),
        *within("/photos", len(request.photos), 0, PHOTOS_MAX),
        *each_of("/photos", request.photos, photo),
    )


def photo(pointer: str, value: str) -> Faults:
    if value.startswith(PHOTO_LEADS) and value.isprintable() and " " not in value:
        return text(pointer, value, 500)
    leads = " or ".join(PHOTO_LEADS)
    return (Fault(pointer, "malformed", f"A photo is an address that begins with {leads}."),)


def find_likes(tx: Tx, requests: Sequence[PieceRequest]) -> dict[str, Item]:
    """The items that pieces say they are like."""
    return store.list_items_of(tx, codes_of(each.like for each in requests))


def find_piece(tx: Tx, sku: str) -> Piece:
    found = store.list_pieces_of(tx, [sku]).get(sku) if is_code(sku) else None
    if found is None:
        raise Refusal("not_found", what=f"piece {sku[:64]}")
    return found


def find_pieces(tx: Tx, skus: Collection[str]) -> dict[str, Piece]:
    """Those of some items that are pieces."""
    return store.list_pieces_of(tx, skus) if skus else {}


def lock_pieces(tx: Tx, skus: Collection[str]) -> dict[str, Piece]:
    """Those of some items that are pieces, locked in sku order."""
    if not store.lock_pieces(tx, skus):
        return {}
    return store.list_pieces_of(tx, skus)


def list_pieces(
    tx: Tx, after: str = "", limit: int = 100, like: str | None = None
) -> tuple[Piece, ...]:
    """Pieces behind a sku, all or those like one item, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_pieces(tx, after, limit, like)


def add_pieces(tx: Tx, rows: Iterable[tuple[PieceRequest, UUID]], now: datetime) -> None:
    """Each with the place where it was taken in; refused when somebody has its serial."""
    told = list(rows)
    taken = store.list_serials(tx, [each.serial for each, _ in told])
    for nth, (each, _) in enumerate(told):
        if each.serial in taken:
            fault = Fault(
                f"/{nth}/serial", "duplicate", f"This piece is here as {taken[each.serial]}."
            )
            raise Refusal("invalid", errors=(fault,), detail=fault.detail)
    store.add_pieces(tx, told, now)


def save_withdrawn(tx: Tx, sku: str, now: datetime) -> None:
    store.save_withdrawn(tx, sku, now)
