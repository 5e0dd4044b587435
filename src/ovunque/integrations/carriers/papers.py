"""What is printed: the label on a parcel, the list that goes with a carrier's visit.

Equal input makes equal bytes: the date in the file is the one that is handed in.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ovunque.fulfillment.ports import Address, Shipment
from ovunque.integrations.carriers.bars import code128, spans

if TYPE_CHECKING:
    from fpdf import FPDF

PDF = "application/pdf"
LABEL_MM = (105.0, 148.0)  # A6, as label printers have it.
SLIP_MM = (148.0, 210.0)
MARGIN_MM = 6.0
SIGNATURE_MM = (60.0, 20.0)
PEN_MOVES = re.compile(r"([ML])(\d+) (\d+)")
BARS_MM = 18.0
QUIET_MODULES = 10  # White on both sides of a bar code, so that a scanner finds its ends.
FONT = "helvetica"  # Built into every reader, and knows Latin letters only.

# Letters that are no letter with an accent, and yet are not in Latin-1.
KIN = str.maketrans({"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "Œ": "OE", "œ": "oe"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRow:
    tracking: str
    sscc: str
    order: str
    weight_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipRow:
    title: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipPaper:
    """What lies in a parcel, for whoever opens it: no prices, since it may be a gift."""

    order: str
    sscc: str
    title: str  # In the reader's language, as the words below.
    columns: Sequence[str]
    gift: str | None
    at: datetime
    rows: Sequence[SlipRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestPaper:
    """A list of the parcels of one visit, for two signatures."""

    number: str
    carrier: str
    location: str
    closed_at: datetime
    closed_by: str
    signed_by: str | None = None
    signature: str | None = None  # The path of a pen, as SVG draws it.
    rows: Sequence[ManifestRow]


def draw_label(shipment: Shipment, tracking: str, at: datetime) -> bytes:
    """The label of a parcel: who, where to, with whom, and its numbers to be scanned."""
    paper = open_paper(LABEL_MM, f"Label {tracking}", at)
    paper.add_page()
    width = LABEL_MM[0] - 2 * MARGIN_MM
    line(paper, f"{shipment.carrier}   {shipment.service_name}", size=13, bold=True)
    write_address(paper, shipment.sender, size=7)
    paper.ln(3)
    write_address(paper, shipment.recipient, size=13)
    paper.ln(2)
    line(paper, f"{shipment.reference}    {shipment.weight_g / 1000:.2f} kg", size=9)
    draw_code(paper, f"00{shipment.sscc}", x=LABEL_MM[0] - MARGIN_MM - 26, y=60, size=26)
    draw_bars(paper, code128(plain(tracking)), y=90, width=width)
    paper.set_y(110)
    line(paper, tracking, size=11, bold=True)
    draw_bars(paper, code128(f"00{shipment.sscc}", gs1=True), y=117, width=width)
    paper.set_y(137)
    line(paper, f"(00) {shipment.sscc}", size=10, bold=True)
    return bytes(paper.output())


def draw_manifest(manifest: ManifestPaper) -> bytes:
    """The list of a visit, on as many pages as it needs."""
    paper = open_paper("A4", f"Manifest {manifest.number}", manifest.closed_at)
    paper.set_auto_page_break(True, margin=20)
    paper.add_page()
    line(paper, f"{manifest.carrier}: {len(manifest.rows)} parcels", size=16, bold=True)
    line(paper, f"{manifest.location}, {manifest.closed_at:%Y-%m-%d %H:%M} UTC", size=10)
    line(paper, f"{manifest.number}, closed by {manifest.closed_by}", size=10)
    paper.ln(4)
    columns = ("Tracking", "SSCC", "Order", "kg")
    with paper.table(col_widths=(50, 45, 35, 15), line_height=6) as table:
        for cells in (columns, *map(cells_of, manifest.rows)):
            row = table.row()
            for cell in cells:
                row.cell(plain(cell))
    paper.ln(4)
    weight = sum(row.weight_g for row in manifest.rows) / 1000
    line(paper, f"{len(manifest.rows)} parcels, {weight:.2f} kg", size=10, bold=True)
    paper.ln(14)
    draw_signatures(paper, manifest)
    return bytes(paper.output())


def draw_signatures(paper: "FPDF", manifest: ManifestPaper) -> None:
    """Two lines to sign on; whoever signed on a screen is on theirs already."""
    if manifest.signed_by is None:
        both = "Handed over by: ____________________   Received by: ____________________"
        line(paper, both, size=10)
        return
    if paper.will_page_break(SIGNATURE_MM[1] + 12):
        paper.add_page()
    line(paper, f"Handed over by: {manifest.closed_by}", size=10)
    line(paper, f"Received by: {manifest.signed_by}", size=10)
    draw_pen(paper, manifest.signature or "", x=MARGIN_MM, y=paper.get_y() + 2)


def draw_pen(paper: "FPDF", path: str, *, x: float, y: float) -> None:
    """What a pen has drawn on 300 by 100 points."""
    paper.set_line_width(0.4)
    step = SIGNATURE_MM[0] / 300
    last = (0.0, 0.0)
    for move, right, down in PEN_MOVES.findall(path):
        point = (x + int(right) * step, y + int(down) * step)
        if move == "L":
            paper.line(*last, *point)
        last = point


def draw_slip(slip: SlipPaper) -> bytes:
    """The sheet that lies in a parcel."""
    paper = open_paper(SLIP_MM, f"{slip.title} {slip.order}", slip.at)
    paper.set_auto_page_break(True, margin=15)
    paper.add_page()
    line(paper, f"{slip.title} {slip.order}", size=16, bold=True)
    paper.ln(2)
    if slip.gift:
        line(paper, slip.gift, size=13)
        paper.ln(3)
    with paper.table(col_widths=(70, 40, 15), line_height=6) as table:
        told = ((row.title, row.sku, str(row.quantity)) for row in slip.rows)
        for cells in (slip.columns, *told):
            row = table.row()
            for cell in cells:
                row.cell(plain(cell))
    paper.ln(4)
    line(paper, f"SSCC (00) {slip.sscc}", size=8)
    return bytes(paper.output())


def cells_of(row: ManifestRow) -> tuple[str, ...]:
    return row.tracking, row.sscc, row.order, f"{row.weight_g / 1000:.2f}"


def open_paper(size: str | tuple[float, float], title: str, at: datetime) -> "FPDF":
    from fpdf import FPDF  # noqa: PLC0415 - takes most of a second, and few processes print

    paper = FPDF(unit="mm", format=size)
    paper.set_creation_date(at)
    paper.set_title(plain(title))
    paper.set_margin(MARGIN_MM)
    paper.set_auto_page_break(False)
    paper.set_font(FONT, size=10)
    return paper


def line(paper: "FPDF", text: str, *, size: int, bold: bool = False) -> None:
    paper.set_font(FONT, style="B" if bold else "", size=size)
    paper.multi_cell(0, size * 0.45, plain(text), new_x="LMARGIN", new_y="NEXT")


def write_address(paper: "FPDF", address: Address, *, size: int) -> None:
    line(paper, address.name, size=size, bold=True)
    line(paper, address.street, size=size)
    region = f" ({address.region})" if address.region else ""
    line(paper, f"{address.postal_code} {address.city}{region}", size=size)
    line(paper, address.country, size=size)


def draw_code(paper: "FPDF", text: str, *, x: float, y: float, size: float) -> None:
    """A QR code as little squares."""
    import segno  # noqa: PLC0415 - as above

    rows = [*segno.make_qr(text, error="m").matrix]
    step = size / len(rows)
    for down, row in enumerate(rows):
        for right, dark in enumerate(row):
            if dark:
                paper.rect(x + right * step, y + down * step, step, step, style="F")


def draw_bars(paper: "FPDF", widths: Sequence[int], *, y: float, width: float) -> None:
    """A bar code as black stripes, with its quiet zones on both sides."""
    module = width / (sum(widths) + 2 * QUIET_MODULES)
    for at, wide in spans(widths):
        x = MARGIN_MM + (QUIET_MODULES + at) * module
        paper.rect(x, y, wide * module, BARS_MM, style="F")


def plain(text: str) -> str:
    """Text in the letters that the built-in fonts have: accents may go, letters may not."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        spread = unicodedata.normalize("NFKD", text.translate(KIN))
        text = "".join(each for each in spread if not unicodedata.combining(each))
        return text.encode("latin-1", errors="replace").decode("latin-1")
    return text
