"""What is sealed in all rooms: looked after at every start, and when another key is drawn."""

from collections.abc import Callable

from ovunque.access import issuing
from ovunque.customers import knowing
from ovunque.fulfillment import collecting, manifesting
from ovunque.integrations.webhooks import registering
from ovunque.orders import forgetting
from ovunque.platform import idempotency
from ovunque.platform.database import Database, Tx
from ovunque.platform.vault import check_keys, forget_keys_but, house_vault
from ovunque.promise import sealing

SECRETS = (*issuing.DRAWERS, *sealing.DRAWERS, *registering.DRAWERS)
WORDS = (
    *forgetting.DRAWERS,
    *collecting.DRAWERS,
    *manifesting.DRAWERS,
    idempotency.ANSWERS,
)


def open_vault(database: Database) -> None:
    """All keys are at hand, and no secret of before stands in clear: else nobody starts."""
    database.transact(lambda tx: check_keys(tx, house_vault()))
    for drawer in SECRETS:
        _all_of(database, drawer.seal_clear)


def reseal(database: Database) -> int:
    """Seal by the newest key whatever is not; returns how many values that were."""
    nth = house_vault().newest
    done = sum(
        _all_of(database, lambda tx, some=some: some(tx, nth))  # type: ignore[misc]
        for some in (knowing.reseal, *(each.reseal for each in (*SECRETS, *WORDS)))
    )
    database.transact(lambda tx: forget_keys_but(tx, nth))
    return done


def _all_of(database: Database, some: Callable[[Tx], int]) -> int:
    """How many there were, a transaction for some at a time."""
    done = 0
    while found := database.transact(some):
        done += found
    return done
