"""The same label in the language of thermal printers, dot by dot at 203 dpi."""

from ovunque.fulfillment.ports import Address, Shipment
from ovunque.integrations.carriers.papers import plain

ZPL = "application/zpl"
DOTS_PER_MM = 8
WIDTH, HEIGHT = 105 * DOTS_PER_MM, 148 * DOTS_PER_MM
LEFT = 48
SPECIAL = str.maketrans({"^": " ", "~": " ", "\\": "/"})  # They would be commands.


def zpl_label(shipment: Shipment, tracking: str) -> bytes:
    """A label as text: who, where to, with whom, and its numbers to be scanned."""
    kilograms = f"{shipment.weight_g / 1000:.2f} kg"
    lines = [
        "^XA",
        "^CI28",
        f"^PW{WIDTH}^LL{HEIGHT}^LH0,0",
        _text(40, 44, f"{shipment.carrier}   {shipment.service_name}"),
        *_address(100, 24, shipment.sender),
        *_address(260, 40, shipment.recipient),
        _text(470, 30, f"{shipment.reference}   {kilograms}"),
        f"^FO{LEFT},530^BY3^BCN,180,Y,N,N^FD{_clean(tracking)}^FS",
        # >; begins in pairs of digits, >8 is FNC1: (00) and the number of the parcel.
        f"^FO{LEFT},790^BY3^BCN,180,N,N,N^FD>;>800{shipment.sscc}^FS",
        _text(985, 30, f"(00) {shipment.sscc}"),
        "^XZ",
    ]
    return "\n".join(lines).encode() + b"\n"


def _address(top: int, size: int, address: Address) -> list[str]:
    region = f" ({address.region})" if address.region else ""
    told = (
        address.name,
        address.street,
        f"{address.postal_code} {address.city}{region}",
        address.country,
    )
    return [_text(top + nth * (size + 8), size, each) for nth, each in enumerate(told)]


def _text(top: int, size: int, text: str) -> str:
    return f"^FO{LEFT},{top}^A0N,{size},{size}^FD{_clean(text)}^FS"


def _clean(text: str) -> str:
    return plain(text).translate(SPECIAL)
