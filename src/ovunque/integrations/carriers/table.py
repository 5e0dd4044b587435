"""Carriers by a table: they number and print their labels here, without asking anybody.

Good for trying things and for carriers that leave numbering to the shipper. The number follows
from the parcel's own: asked again under the same key, the answer is the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ovunque.fulfillment.ports import Label, Shipment, VisitCall
from ovunque.integrations.carriers.papers import PDF, draw_label
from ovunque.kernel.gs1 import check_digit
from ovunque.platform.clock import Clock

SERIAL_LENGTH = 9  # Of an SSCC's digits before its check digit: the serial of the parcel.


@dataclass(frozen=True, slots=True)
class Numbering:
    """How a carrier writes its tracking numbers: a serial with its check digit between letters."""

    before: str
    after: str = ""

    def number(self, sscc: str) -> str:
        serial = sscc[-1 - SERIAL_LENGTH : -1]
        return f"{self.before}{serial}{check_digit(serial)}{self.after}"


USUAL = Numbering("OV")
NUMBERINGS: Mapping[str, Numbering] = MappingProxyType(
    {
        "brt": Numbering("BRT"),
        "gls": Numbering("GLS"),
        "poste": Numbering("RA", "IT"),
    }
)


class TableCarrier:
    """A carrier whose labels we print ourselves."""

    def __init__(self, code: str, clock: Clock) -> None:
        self._numbering = NUMBERINGS.get(code, USUAL)
        self._clock = clock

    def buy_label(self, shipment: Shipment, key: str) -> Label:  # noqa: ARG002 - see above
        tracking = self._numbering.number(shipment.sscc)
        content = draw_label(shipment, tracking, self._clock())
        return Label(tracking=tracking, media_type=PDF, content=content)

    def void_label(self, tracking: str, key: str) -> None:
        """Nobody has been paid, and nobody has to be told."""

    def book_visit(self, call: VisitCall, key: str) -> str:  # noqa: ARG002 - see above
        """Such carriers come by telephone: the number is what somebody says to them."""
        return f"{self._numbering.before}-{call.reference[-8:].upper()}"

    def cancel_visit(self, confirmation: str, key: str) -> None:
        """Nobody has been paid, and nobody has to be told."""
