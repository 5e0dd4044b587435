"""Account for a number of stock: what was counted, what moved since, who has a claim on it."""

from ovunque.insight import store
from ovunque.insight.model import Account
from ovunque.platform.database import Tx
from ovunque.stock.model import Key

LISTED_MAX = 50


def account(tx: Tx, key: Key) -> Account | None:
    """Why a level says what it says; None where there never was one. In one transaction."""
    row = store.find_account(tx, key)
    if row is None:
        return None
    on_hand, unavailable, reserved, baseline, counted_at, source = row
    movements, movements_count = store.list_movements(tx, key, LISTED_MAX)
    claims, claims_count = store.list_claims(tx, key, LISTED_MAX)
    return Account(
        on_hand=on_hand,
        unavailable=unavailable,
        reserved=reserved,
        baseline=baseline,
        counted_at=counted_at,
        source=source,
        movements=movements,
        movements_count=movements_count,
        asides=store.list_asides(tx, key),
        claims=claims,
        claims_count=claims_count,
    )
