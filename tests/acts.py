"""Everything that somebody may do to the first fulfillment of an order, by name."""

from dataclasses import dataclass
from uuid import UUID

from tests.factories import TESTER
from tests.shops import CODE, Shop

from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.collecting import CollectRequest, collect
from ovunque.fulfillment.expiring import expire_offers
from ovunque.fulfillment.manifesting import ManifestRequest, close_manifest
from ovunque.fulfillment.model import ParcelState, Reason, Wanted, WithdrawReason, Word
from ovunque.fulfillment.offering import OfferRequest, open_offers
from ovunque.fulfillment.picking import PickRequest, pick
from ovunque.fulfillment.picking_short import ShortRequest, pick_short
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.fulfillment.tracking import TrackRequest, track
from ovunque.fulfillment.withdrawing import WithdrawRequest, withdraw
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.model import CancelReason, Order
from ovunque.orders.resourcing import SourceRequest, source_again
from ovunque.platform.database import Tx

ONE = Wanted(line_id=None, sku=None, quantity=1)


class NothingDue(Exception):  # noqa: N818 - an answer of a sweeper
    """There was nothing to do any more."""


@dataclass(frozen=True)
class Acts:
    """Each takes the order as somebody saw it some time ago."""

    shop: Shop

    def offer(self, tx: Tx, order: Order) -> None:
        services = self.shop.services
        request = OfferRequest(
            order_ids=[order.id], network=services.snapshot().network, new_id=services.new_id
        )
        if not open_offers(tx, TESTER, request, self.shop.now):
            raise NothingDue

    def accept(self, tx: Tx, order: Order) -> None:
        accept(tx, TESTER, work_id(order), self.shop.now)

    def reject(self, tx: Tx, order: Order) -> None:
        request = RejectRequest(fulfillment_id=work_id(order), reason=Reason.DAMAGED)
        reject(tx, TESTER, request, self.shop.now)

    def expire(self, tx: Tx, order: Order) -> None:
        (offer,) = order.fulfillments[0].offers
        assert offer.accept_by is not None
        if not expire_offers(tx, TESTER, [order.id], offer.accept_by):
            raise NothingDue

    def source(self, tx: Tx, order: Order) -> None:
        services = self.shop.services
        request = SourceRequest(
            order_ids=[order.id], snapshot=services.snapshot(), new_id=services.new_id
        )
        if not source_again(tx, TESTER, request, self.shop.now):
            raise NothingDue

    def cancel(self, tx: Tx, order: Order) -> None:
        request = CancelRequest(
            order_id=order.id,
            reason=CancelReason.CUSTOMER,
            pickup_code=CODE,
            new_id=self.shop.services.new_id,
        )
        cancel(tx, TESTER, request, self.shop.now)

    def pick(self, tx: Tx, order: Order) -> None:
        request = PickRequest(fulfillment_id=work_id(order), picked=ONE, pickup_code=CODE)
        pick(tx, TESTER, request, self.shop.now)

    def short(self, tx: Tx, order: Order) -> None:
        request = ShortRequest(
            fulfillment_id=work_id(order),
            missing=ONE,
            reason=Reason.DISPLAY,
            pickup_code=CODE,
            new_id=self.shop.services.new_id,
        )
        pick_short(tx, TESTER, request, self.shop.now)

    def withdraw(self, tx: Tx, order: Order) -> None:
        request = WithdrawRequest(fulfillment_id=work_id(order), reason=WithdrawReason.INCIDENT)
        withdraw(tx, TESTER, request, self.shop.now)

    def hand_over(self, tx: Tx, order: Order) -> None:
        work = order.fulfillments[0]
        request = ManifestRequest(
            id=self.shop.services.new_id(),
            location_id=work.location_id,
            carrier="gls",
            service_ids=self._services(),
            parcel_ids=[parcel.id for parcel in work.parcels],
        )
        close_manifest(tx, TESTER, request, self.shop.now)

    def see(self, tx: Tx, order: Order) -> None:
        """The carrier has a parcel in its hands."""
        (parcel,) = order.fulfillments[0].parcels
        word = Word(
            id=f"seen-{parcel.id}",
            tracking=parcel.tracking or "",
            kind=ParcelState.IN_TRANSIT,
            occurred_at=self.shop.now,
        )
        request = TrackRequest(carrier="gls", service_ids=self._services(), words=[word])
        track(tx, TESTER, request, self.shop.now)

    def collect(self, tx: Tx, order: Order) -> None:
        collect(tx, TESTER, CollectRequest(fulfillment_id=work_id(order), code=CODE), self.shop.now)

    def _services(self) -> list[UUID]:
        return [each.id for each in self.shop.services.snapshot().delivery.services]


def work_id(order: Order) -> UUID:
    return order.fulfillments[0].id
