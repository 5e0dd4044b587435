"""What is printed is read back: by a decoder that knows nothing of how it was drawn."""

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.factories import NOW

from ovunque.fulfillment.ports import Address, Shipment
from ovunque.integrations.carriers.bars import code128, spans
from ovunque.integrations.carriers.papers import SlipPaper, SlipRow, draw_label, draw_slip
from ovunque.integrations.carriers.zpl import zpl_label
from ovunque.kernel.gs1 import check_digit, sscc

DPI = 203  # As coarse as a label printer.
SSCC = sscc("9521234", 1_234_567)
ADDRESS = Address(
    name="Łucja D'Amico", street="Via ^Dante 7", postal_code="20121", city="Milano",
    region="MI", country="IT",
)  # fmt: skip
SHIPMENT = Shipment(
    carrier="gls",
    service="standard",
    service_name="National",
    sscc=SSCC,
    weight_g=1_250,
    reference="OV-10482",
    sender=ADDRESS,
    recipient=ADDRESS,
)
ZPL = """\
^XA
^CI28
^PW840^LL1184^LH0,0
^FO48,40^A0N,44,44^FDgls   National^FS
^FO48,100^A0N,24,24^FDLucja D'Amico^FS
^FO48,132^A0N,24,24^FDVia  Dante 7^FS
^FO48,164^A0N,24,24^FD20121 Milano (MI)^FS
^FO48,196^A0N,24,24^FDIT^FS
^FO48,260^A0N,40,40^FDLucja D'Amico^FS
^FO48,308^A0N,40,40^FDVia  Dante 7^FS
^FO48,356^A0N,40,40^FD20121 Milano (MI)^FS
^FO48,404^A0N,40,40^FDIT^FS
^FO48,470^A0N,30,30^FDOV-10482   1.25 kg^FS
^FO48,530^BY3^BCN,180,Y,N,N^FDRA0012345678IT^FS
^FO48,790^BY3^BCN,180,N,N,N^FD>;>800095212340012345676^FS
^FO48,985^A0N,30,30^FD(00) 095212340012345676^FS
^XZ
"""


def codes(pdf: bytes) -> set[tuple[str, str]]:
    """Every code on the first page, by kind and text."""
    page = pypdfium2.PdfDocument(pdf)[0]
    image = page.render(scale=DPI / 72).to_pil()
    return {(each.format.name, each.text) for each in zxingcpp.read_barcodes(image)}


@pytest.mark.parametrize("tracking", ["BRT0000012344", "RA0012345678IT", "OV0000012344"])
def test_a_label_is_read_by_any_scanner(tracking: str) -> None:
    assert len(SSCC) == 18
    assert check_digit(SSCC[:-1]) == SSCC[-1]
    found = codes(draw_label(SHIPMENT, tracking, NOW))
    assert {text for kind, text in found if kind == "Code128"} == {tracking, f"(00){SSCC}"}
    assert f"00{SSCC}" in {text for kind, text in found if kind == "QRCode"}


@settings(max_examples=40)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=16))
def test_whatever_is_drawn_in_bars_is_read_again(text: str) -> None:
    widths = code128(text)
    image = Image.new("L", (2 * (sum(widths) + 40), 60), 255)
    for at, wide in spans(widths):
        image.paste(0, (2 * (at + 20), 0, 2 * (at + 20 + wide), 60))
    (read,) = zxingcpp.read_barcodes(image)
    assert bytes(read.bytes) == text.encode()


def test_a_thermal_printer_is_told_the_same() -> None:
    assert zpl_label(SHIPMENT, "RA0012345678IT").decode() == ZPL


def test_a_slip_says_what_lies_in_the_parcel() -> None:
    slip = SlipPaper(
        order="OV-10482",
        sscc=SSCC,
        title="Il tuo ordine",
        columns=("Articolo", "Codice", "Pezzi"),
        gift="Buon compleanno!",
        at=NOW,
        rows=[SlipRow(title="Giacca in lino, sabbia, M", sku="JK-LIN-SND-M", quantity=2)],
    )
    text = pypdfium2.PdfDocument(draw_slip(slip))[0].get_textpage().get_text_bounded()
    for told in ("OV-10482", "Buon compleanno!", "Giacca in lino", "JK-LIN-SND-M", "2", SSCC):
        assert told in text
