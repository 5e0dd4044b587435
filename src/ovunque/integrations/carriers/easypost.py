"""Carriers reached through EasyPost, by its own client (the extra `ovunque[easypost]`).

Whatever is bought there carries our key as its reference: asked again after a lost answer, we look
for it by that reference first, and buy nothing twice.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

from ovunque.fulfillment.ports import Address, Label, Shipment, VisitCall
from ovunque.integrations.carriers.papers import PDF
from ovunque.kernel.refusal import Refusal

OUNCE_MG = 28_350
SECONDS_MAX = 30
VOID, CANCEL = "void-", "cancel-"
GIVEN_BACK = frozenset({"submitted", "refunded"})


class CarrierRefused(Exception):  # noqa: N818 - it is no error of ours
    """What EasyPost or the carrier behind it said instead, for a person to read."""


def check_installed() -> None:
    """Refused at the start rather than with the first parcel."""
    try:
        import_module("easypost")
    except ImportError:
        detail = "it needs the extra: pip install 'ovunque[easypost]'"
        raise Refusal("setting_invalid", name="OVUNQUE_EASYPOST_KEY", detail=detail) from None


@dataclass(frozen=True, slots=True)
class EasyPostCarrier:
    """One carrier behind EasyPost, by the name that it has there."""

    name: str
    key: str
    url: str

    def buy_label(self, shipment: Shipment, key: str) -> Label:
        client = self._client()
        found = self._find(client.shipment, key) or self._ask(
            client.shipment.create, **_asked(shipment, key)
        )
        if found.postage_label is None:
            rate = self._rate(found.rates, shipment.service)
            found = self._ask(client.shipment.buy, found.id, rate=rate)
        content = self._fetch(found.postage_label.label_url)
        return Label(tracking=found.tracking_code, media_type=PDF, content=content)

    def void_label(self, tracking: str, key: str) -> None:
        client = self._client()
        label = key.removeprefix(VOID).removesuffix(f"-{tracking}")
        found = self._find(client.shipment, label)
        if found is None or found.tracking_code != tracking:
            return  # A number by hand: they know nothing of it.
        if found.refund_status not in GIVEN_BACK:
            self._ask(client.shipment.refund, found.id)

    def book_visit(self, call: VisitCall, key: str) -> str:
        """Its confirmation number; refused as long as no parcel of theirs is labeled."""
        client = self._client()
        found = self._find(client.pickup, key) or self._ask(
            client.pickup.create, **self._visit(client, call, key)
        )
        if not found.confirmation:
            rate = self._rate(found.pickup_rates, None)
            found = self._ask(
                client.pickup.buy, found.id, carrier=rate.carrier, service=rate.service
            )
        return str(found.confirmation)

    def cancel_visit(self, confirmation: str, key: str) -> None:
        client = self._client()
        found = self._find(client.pickup, key.removeprefix(CANCEL))
        if found is not None and found.confirmation == confirmation and found.status != "canceled":
            self._ask(client.pickup.cancel, found.id)

    def _visit(self, client: Any, call: VisitCall, key: str) -> dict[str, Any]:
        known = [each for each in (self._find(client.shipment, k) for k in call.parcels) if each]
        if not known:
            raise CarrierRefused("Nothing to fetch: no parcel has a label of this carrier yet.")
        goods: dict[str, Any] = {"shipment": {"id": known[0].id}}
        if len(known) > 1:
            ids = [{"id": each.id} for each in known]
            goods = {"batch": {"id": self._ask(client.batch.create, shipments=ids).id}}
        return {
            "reference": key,
            "address": _address(call.address),
            "min_datetime": _instant(call.starts_at),
            "max_datetime": _instant(call.ends_at),
            "instructions": call.reference,
            "is_account_address": False,
            **goods,
        }

    def _rate(self, rates: list[Any], service: str | None) -> Any:
        """The cheapest of this carrier, of a service if one is named."""
        mine = [each for each in rates if each.carrier.lower() == self.name.lower()]
        if service is not None:
            mine = [each for each in mine if each.service.lower() == service.lower()]
        if not mine:
            said = f"{self.name} offers no {service or 'visit'} for this."
            raise CarrierRefused(said)
        return min(mine, key=lambda each: Decimal(each.rate))

    def _client(self) -> Any:
        easypost = import_module("easypost")
        return easypost.EasyPostClient(self.key, api_base=self.url, timeout=SECONDS_MAX)

    def _find(self, service: Any, reference: str) -> Any:
        errors = import_module("easypost.errors")
        try:
            return service.retrieve(reference)
        except errors.NotFoundError:
            return None
        except errors.ApiError as error:
            raise CarrierRefused(str(error)) from error

    def _ask(self, act: Any, *named: str, **told: Any) -> Any:
        errors = import_module("easypost.errors")
        try:
            return act(*named, **told)
        except errors.ApiError as error:
            raise CarrierRefused(str(error)) from error

    def _fetch(self, address: str) -> bytes:
        requests = import_module("requests")  # Comes with the client.
        answer = requests.get(address, timeout=SECONDS_MAX)
        if answer.status_code != 200 or not answer.content.startswith(b"%PDF-"):
            raise CarrierRefused("The label is sold, and cannot be fetched yet.")
        content: bytes = answer.content
        return content


def _asked(shipment: Shipment, key: str) -> dict[str, Any]:
    ounces = Decimal(shipment.weight_g * 1_000) / OUNCE_MG
    return {
        "reference": key,
        "from_address": _address(shipment.sender),
        "to_address": _address(shipment.recipient),
        "parcel": {"weight": float(max(ounces, Decimal("0.1")).quantize(Decimal("0.1")))},
        "options": {
            "label_format": "PDF",
            "invoice_number": shipment.reference,
            "print_custom_1": shipment.sscc,
        },
    }


def _address(told: Address) -> dict[str, str]:
    return {
        "name": told.name,
        "street1": told.street,
        "zip": told.postal_code,
        "city": told.city,
        "state": told.region or "",
        "country": told.country,
    }


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
