"""Whatever a screen may have to show has a word: a state without one is a page that breaks."""

from collections.abc import Iterable, Mapping

import pytest

from ovunque.access.model import Role
from ovunque.catalog.model import Condition
from ovunque.delivery.model import Service
from ovunque.fulfillment.model import FulfillmentState, ParcelState, Reason, WithdrawReason
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.runs import State
from ovunque.network.model import Capability, LocationKind, LocationState
from ovunque.orders.model import CancelReason, OrderStatus
from ovunque.promise.model import Badge
from ovunque.stock.model import MovementKind, RuleKind, UnavailableReason
from ovunque.stock.model.feeding import (
    FeedKind,
    FeedReason,
    FeedState,
    SourceKind,
    TaskOutcome,
    TaskReason,
    TransferState,
)
from ovunque.web import words
from ovunque.web.office.locations import CAPABILITIES

SAID: tuple[tuple[Iterable[str], Mapping[str, object]], ...] = (
    (Role, words.ROLE),
    (Condition, words.CONDITION),
    (FulfillmentState, words.FULFILLMENT),
    (ParcelState, words.PARCEL),
    (Reason, words.REASON),
    (WithdrawReason, words.WITHDRAW_REASON),
    (KINDS, words.IMPORT),
    (State, words.IMPORT_STATE),
    (Capability, CAPABILITIES),
    (LocationKind, words.LOCATION_KIND),
    (LocationState, words.LOCATION_STATE),
    (CancelReason, words.CANCEL_REASON),
    (OrderStatus, words.ORDER),
    (Service, words.SERVICE),
    (Badge, words.PROMISE_BADGE),
    (MovementKind, words.MOVEMENT),
    (RuleKind, words.PROTECTION),
    (UnavailableReason, words.ASIDE),
    (FeedKind, words.FEED_KIND),
    (FeedReason, words.FEED_REASON),
    (FeedState, words.FEED_STATE),
    (SourceKind, words.SOURCE_KIND),
    (TaskReason, words.COUNT_REASON),
    (TaskOutcome, words.COUNT_OUTCOME),
    (TransferState, words.TRANSFER),
)


@pytest.mark.parametrize(("known", "said"), SAID, ids=lambda each: getattr(each, "__name__", ""))
def test_everything_has_a_word(known: Iterable[str], said: Mapping[str, object]) -> None:
    assert {str(each) for each in known} <= {str(each) for each in said}
