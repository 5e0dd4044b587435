"""Units that leave one location have come to the other, are under way, or are missing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.factories import MILAN, NOW, ROME, TESTER, TURIN, put_stock

from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database, Tx
from ovunque.stock.model import Key
from ovunque.stock.model.feeding import Transfer, TransferFilter, TransferState
from ovunque.stock.transferring import (
    TransferRequest,
    TransferStep,
    cancel_transfer,
    dispatch_transfer,
    find_transfer,
    list_transfers,
    plan_transfer,
    receive_transfer,
)

COAT, HAT = Key("COAT", MILAN), Key("HAT", MILAN)
LATER = NOW + timedelta(hours=5)


@pytest.fixture
def planned(database: Database, new_id: NewId) -> Transfer:
    database.transact(lambda tx: put_stock(tx, COAT, on_hand=10))
    database.transact(lambda tx: put_stock(tx, HAT, on_hand=10))
    request = TransferRequest(
        id=new_id(),
        external_id="T-1",
        from_id=MILAN,
        to_id=TURIN,
        units={"COAT": 6, "HAT": 2},
    )
    return database.transact(lambda tx: plan_transfer(tx, TESTER, request, NOW))


def leave(database: Database, transfer: Transfer, units: Mapping[str, int] | None) -> Transfer:
    step = TransferStep(transfer_id=transfer.id, units=units)
    return database.transact(lambda tx: dispatch_transfer(tx, TESTER, step, LATER))


def come(
    database: Database, transfer: Transfer, units: Mapping[str, int] | None, *, last: bool = True
) -> Transfer:
    step = TransferStep(transfer_id=transfer.id, units=units, last=last)
    done = database.transact(lambda tx: receive_transfer(tx, TESTER, step, LATER))
    assert check_now(database) == ()
    return done


def on_hands(tx: Tx) -> dict[tuple[str, str], int]:
    names = {MILAN: "Milan", TURIN: "Turin"}
    rows = tx.execute("select sku, location_id, on_hand from stock_level")
    return {(sku, names[at]): on_hand for sku, at, on_hand in rows}


def test_goods_leave_are_under_way_and_come_in_parts(database: Database, planned: Transfer) -> None:
    gone = leave(database, planned, {"COAT": 5, "HAT": 2})
    assert [line.under_way for line in gone.lines] == [5, 2]
    assert database.read(on_hands) == {("COAT", "Milan"): 5, ("HAT", "Milan"): 8}

    come(database, planned, {"COAT": 3}, last=False)
    done = come(database, planned, {"COAT": 1, "HAT": 3})

    assert done.state == TransferState.RECEIVED
    assert [(each.sku, each.received, each.missing) for each in done.lines] == [
        ("COAT", 4, 1),
        ("HAT", 3, -1),
    ]
    assert database.read(on_hands) == {
        ("COAT", "Milan"): 5,
        ("HAT", "Milan"): 8,
        ("COAT", "Turin"): 4,
        ("HAT", "Turin"): 3,
    }
    assert database.read(lambda tx: find_transfer(tx, TESTER, planned.id)) == done


def test_all_is_what_nobody_counts(database: Database, planned: Transfer) -> None:
    leave(database, planned, None)
    done = come(database, planned, None)
    assert [line.missing for line in done.lines] == [0, 0]
    assert database.read(on_hands)["COAT", "Turin"] == 6


@pytest.mark.parametrize("nth", range(2))
def test_a_step_is_taken_once(database: Database, planned: Transfer, nth: int) -> None:
    leave(database, planned, None)
    with pytest.raises(Refusal, match="transition_refused"):
        leave(database, planned, None)
    if nth:
        come(database, planned, None)
        with pytest.raises(Refusal, match="transition_refused"):
            come(database, planned, None)


def test_a_name_is_given_once_and_strangers_see_nothing(
    database: Database, planned: Transfer, new_id: NewId
) -> None:
    again = TransferRequest(
        id=new_id(), external_id="T-1", from_id=TURIN, to_id=MILAN, units={"COAT": 1}
    )
    with pytest.raises(Refusal, match="already_exists"):
        database.transact(lambda tx: plan_transfer(tx, TESTER, again, NOW))

    stranger = replace(TESTER, location_id=ROME)
    listed = database.read(lambda tx: list_transfers(tx, stranger, TransferFilter(), (None, 10)))
    assert listed == ()
    with pytest.raises(Refusal, match="not_found"):
        database.read(lambda tx: find_transfer(tx, stranger, planned.id))
    step = TransferStep(transfer_id=planned.id)
    with pytest.raises(Refusal, match="not_found"):  # And nothing of how far it has come.
        database.transact(lambda tx: receive_transfer(tx, stranger, step, NOW))


def test_each_place_moves_its_own_stock_and_not_the_others(
    database: Database, planned: Transfer
) -> None:
    milan, turin = (replace(TESTER, location_id=each) for each in (MILAN, TURIN))
    step = TransferStep(transfer_id=planned.id)
    for act in (
        lambda tx: dispatch_transfer(tx, turin, step, LATER),
        lambda tx: cancel_transfer(tx, turin, planned.id, LATER),
    ):
        with pytest.raises(Refusal, match="not_found"):
            database.transact(act)
    database.transact(lambda tx: dispatch_transfer(tx, milan, step, LATER))
    with pytest.raises(Refusal, match="not_found"):
        database.transact(lambda tx: receive_transfer(tx, milan, step, LATER))
    done = database.transact(lambda tx: receive_transfer(tx, turin, step, LATER))
    assert done.state == TransferState.RECEIVED


def test_where_more_came_than_had_left_the_rest_of_it_takes_nothing_away(
    database: Database, planned: Transfer
) -> None:
    leave(database, planned, {"COAT": 5, "HAT": 2})
    come(database, planned, {"COAT": 6}, last=False)
    done = come(database, planned, None)

    assert [(each.sku, each.received, each.missing) for each in done.lines] == [
        ("COAT", 6, -1),
        ("HAT", 2, 0),
    ]
    on_hand = database.read(on_hands)
    assert (on_hand["COAT", "Turin"], on_hand["HAT", "Turin"]) == (6, 2)
