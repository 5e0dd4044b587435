"""What the invented fashion house makes: garments, fabrics, colors and sizes."""

from dataclasses import dataclass

LETTERS = ("XS", "S", "M", "L", "XL")
WAISTS = ("28", "30", "32", "34", "36")
SHOES = ("37", "38", "39", "40", "41", "42", "43", "44")
BELTS = ("85", "95", "105")
GLOVES = ("7", "8", "9")
ONE_SIZE = ("OS",)

WOOL = ("wool", "in lana")
CASHMERE = ("cashmere", "in cashmere")
COTTON = ("cotton", "in cotone")
LINEN = ("linen", "in lino")
SILK = ("silk", "in seta")
LEATHER = ("leather", "in pelle")
SUEDE = ("suede", "in camoscio")
VELVET = ("velvet", "in velluto")
STRETCH = ("stretch", "elasticizzati")


@dataclass(frozen=True, slots=True)
class Garment:
    """A kind of piece as it lies in a parcel; positional, because the table is read as a table."""

    code: str
    category: str
    name: str
    name_it: str
    fabrics: tuple[tuple[str, str], ...]  # Before the English name, after the Italian one.
    sizes: tuple[str, ...]
    weight_g: int
    packed_mm: tuple[int, int, int]
    price_euros: tuple[int, int]


GARMENTS = (
    Garment("JK", "jackets", "jacket", "Giacca", (LINEN, WOOL, VELVET),
            LETTERS, 850, (450, 350, 80), (180, 420)),
    Garment("TS", "t-shirts", "T-shirt", "T-shirt", (COTTON, LINEN),
            LETTERS, 180, (300, 250, 20), (35, 75)),
    Garment("SH", "shoes", "loafers", "Mocassini", (LEATHER, SUEDE),
            SHOES, 1_100, (340, 220, 130), (160, 340)),
    Garment("SC", "scarves", "scarf", "Sciarpa", (SILK, WOOL, CASHMERE),
            ONE_SIZE, 160, (250, 200, 30), (55, 190)),
    Garment("KN", "knitwear", "sweater", "Maglione", (WOOL, CASHMERE, COTTON),
            LETTERS, 420, (350, 280, 60), (95, 290)),
    Garment("BL", "belts", "belt", "Cintura", (LEATHER, SUEDE),
            BELTS, 240, (150, 120, 50), (45, 120)),
    Garment("DR", "dresses", "dress", "Vestito", (SILK, LINEN, COTTON),
            LETTERS, 480, (400, 300, 50), (140, 390)),
    Garment("BG", "bags", "bag", "Borsa", (LEATHER, SUEDE),
            ONE_SIZE, 980, (400, 320, 160), (190, 520)),
    Garment("CT", "coats", "coat", "Cappotto", (WOOL, CASHMERE),
            LETTERS, 1_700, (550, 400, 120), (290, 690)),
    Garment("HT", "hats", "hat", "Cappello", (WOOL, LINEN),
            ONE_SIZE, 140, (280, 260, 120), (40, 110)),
    Garment("TR", "trousers", "trousers", "Pantaloni", (WOOL, LINEN, COTTON),
            LETTERS, 520, (380, 300, 50), (95, 220)),
    Garment("GL", "gloves", "gloves", "Guanti", (LEATHER, CASHMERE),
            GLOVES, 110, (240, 120, 30), (50, 130)),
    Garment("SR", "shirts", "shirt", "Camicia", (COTTON, LINEN, SILK),
            LETTERS, 260, (350, 260, 30), (75, 180)),
    Garment("JE", "jeans", "jeans", "Jeans", (STRETCH,),
            WAISTS, 680, (380, 300, 60), (90, 170)),
    Garment("SK", "skirts", "skirt", "Gonna", (WOOL, SILK, VELVET),
            LETTERS, 350, (350, 280, 40), (85, 210)),
    Garment("BT", "boots", "boots", "Stivali", (LEATHER, SUEDE),
            SHOES, 1_600, (420, 330, 140), (220, 450)),
)  # fmt: skip
COLORS = (  # Code, English, Italian.
    ("BLK", "black", "nero"),
    ("NVY", "navy", "blu navy"),
    ("SND", "sand", "sabbia"),
    ("WHT", "white", "bianco"),
    ("CML", "camel", "cammello"),
    ("GRY", "gray", "grigio"),
    ("BRD", "burgundy", "bordeaux"),
    ("OLV", "olive", "oliva"),
    ("RST", "rust", "ruggine"),
    ("SKY", "sky blue", "celeste"),
)
LINES = (("Giorno", 100), ("Atelier", 160))  # The house's two lines: name, price level in percent.
STYLES = (
    "Sveva", "Orsola", "Brera", "Levante", "Ninfa", "Corallo", "Alba", "Zefiro", "Mirto",
    "Ginestra", "Lagorai", "Murano", "Salento", "Ombra", "Vento", "Fiamma", "Cipresso", "Luna",
    "Ponente", "Viola", "Tramonto", "Ardesia", "Marea", "Quercia", "Rugiada", "Stella", "Tufo",
    "Brezza", "Sirena", "Onda", "Perla", "Ambra", "Grecale", "Ulivo", "Nebbia", "Aurora",
)  # fmt: skip
SETS = (  # English, Italian, and the units of each category in it.
    ("Winter set", "Coordinato invernale", {"scarves": 1, "hats": 1}),
    ("Leather set", "Coordinato in pelle", {"belts": 1, "bags": 1}),
    ("T-shirt pair", "Coppia di T-shirt", {"t-shirts": 2}),
)
