"""A fashion house small enough to know by heart: five places, a dozen pieces, what lies where."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from tests.factories import TESTER

from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.delivery.model import CarrierServiceRequest, LaneRequest, ZoneArea, ZoneRequest
from ovunque.delivery.saving import save_carrier_services, save_lanes, save_zones
from ovunque.kernel.ids import NewId
from ovunque.network.listing import find_location
from ovunque.network.model import ChannelRequest, LegalEntityRequest, LocationRequest
from ovunque.network.saving import save_channels, save_legal_entities, save_locations
from ovunque.platform.database import Database, Tx
from ovunque.stock.counting import count
from ovunque.stock.model import Count, Key

CHANNEL = "web-it"
WAREHOUSE, MILAN, ROME, TURIN, BOLOGNA = "WH-PC", "MI-DUOMO", "RM-CORSO", "TO-ROMA", "BO-FARINI"

PLACES = (  # Code, name, street, postal code, city, latitude, longitude, cents of handling.
    (WAREHOUSE, "Magazzino Piacenza", "Via Emilia 12", "29122", "Piacenza", 45.05, 9.69, 80),
    (MILAN, "Milano Duomo", "Via Torino 212", "20123", "Milano", 45.46, 9.19, 190),
    (ROME, "Roma Corso", "Via del Corso 614", "00186", "Roma", 41.90, 12.48, 210),
    (TURIN, "Torino Via Roma", "Via Roma 618", "10121", "Torino", 45.07, 7.68, 230),
    (BOLOGNA, "Bologna Farini", "Via Farini 109", "40124", "Bologna", 44.49, 11.34, 250),
)
WARES = (  # Sku, barcode, Italian, English, category, color, size, grams, cents, units by place.
    ("JK-LIN-SND-M", "02000000000015", "Giacca in lino, sabbia, M", "Linen jacket, sand, M",
     "jackets", "sand", "M", 850, 24_900, {MILAN: 30, ROME: 2}),
    ("BL-PEL-BLK-95", "02000000000022", "Cintura in pelle, nero, 95", "Leather belt, black, 95",
     "belts", "black", "95", 240, 7_900, {MILAN: 30, WAREHOUSE: 40}),
    ("CT-CSH-CML-S", "02000000000039", "Cappotto in cashmere, cammello, S",
     "Cashmere coat, camel, S", "coats", "camel", "S", 1_700, 69_000, {ROME: 2, TURIN: 1}),
    ("SH-CAM-NVY-42", "02000000000046", "Mocassini in camoscio, blu navy, 42",
     "Suede loafers, navy, 42", "shoes", "navy", "42", 1_100, 26_700, {WAREHOUSE: 12, BOLOGNA: 3}),
    ("DR-SET-BRD-M", "02000000000053", "Vestito in seta, bordeaux, M", "Silk dress, burgundy, M",
     "dresses", "burgundy", "M", 480, 39_000, {MILAN: 24, WAREHOUSE: 9}),
    ("BG-PEL-RST", "02000000000060", "Borsa in pelle, ruggine", "Leather bag, rust",
     "bags", "rust", "OS", 980, 52_000, {TURIN: 2, MILAN: 23}),
    ("KN-LAN-OLV-L", "02000000000077", "Maglione in lana, oliva, L", "Wool sweater, olive, L",
     "knitwear", "olive", "L", 420, 18_500, {WAREHOUSE: 25, ROME: 4}),
    ("SR-COT-WHT-M", "02000000000084", "Camicia in cotone, bianco, M", "Cotton shirt, white, M",
     "shirts", "white", "M", 260, 11_900, {WAREHOUSE: 60, MILAN: 5, ROME: 5}),
    ("TR-LAN-GRY-L", "02000000000091", "Pantaloni in lana, grigio, L", "Wool trousers, gray, L",
     "trousers", "gray", "L", 520, 16_000, {WAREHOUSE: 18}),
    ("SC-CSH-SKY", "02000000000107", "Sciarpa in cashmere, celeste", "Cashmere scarf, sky blue",
     "scarves", "sky blue", "OS", 160, 14_900, {MILAN: 38, ROME: 16, TURIN: 2}),
    ("HT-LAN-BLK", "02000000000114", "Cappello in lana, nero", "Wool hat, black",
     "hats", "black", "OS", 140, 8_900, {WAREHOUSE: 14, BOLOGNA: 4}),
    ("BT-PEL-BRN-38", "02000000000121", "Stivali in pelle, marrone, 38",
     "Leather boots, brown, 38", "boots", "brown", "38", 1_600, 41_000, {MILAN: 32}),
    # What a test turns down at a store is not asked of it in another: each has a scarf of its own.
    ("SC-LAN-RED", "02000000000138", "Sciarpa in lana, rosso", "Wool scarf, red",
     "scarves", "red", "OS", 180, 9_900, {MILAN: 8, ROME: 6}),
    ("SC-LAN-GRY", "02000000000145", "Sciarpa in lana, grigio", "Wool scarf, gray",
     "scarves", "gray", "OS", 180, 9_900, {MILAN: 8, ROME: 6}),
    ("SC-LAN-BRN", "02000000000152", "Sciarpa in lana, marrone", "Wool scarf, brown",
     "scarves", "brown", "OS", 180, 9_900, {MILAN: 8, ROME: 6}),
    # What is counted in a test ends with another number than it had.
    ("GL-PEL-BLK", "02000000000169", "Guanti in pelle, nero", "Leather gloves, black",
     "gloves", "black", "OS", 120, 6_900, {MILAN: 8}),
    ("GL-LAN-GRY", "02000000000176", "Guanti in lana, grigio", "Wool gloves, gray",
     "gloves", "gray", "OS", 90, 3_900, {MILAN: 8}),
)  # fmt: skip
SHOPPERS = (
    ("Giulia Ferri", "Via Dante 7", "20121", "Milano"),
    ("Matteo Galli", "Corso Italia 130", "70121", "Bari"),
    ("Elena Marchetti", "Via Garibaldi 22", "16124", "Genova"),
    ("Davide Lombardi", "Via Toledo 88", "80134", "Napoli"),
    ("Sara Conti", "Via Roma 41", "50123", "Firenze"),
    ("Paolo Riva", "Viale Piave 3", "37135", "Verona"),
)


def furnish_house(database: Database, new_id: NewId, now: datetime) -> None:
    """Write the whole house into an empty database."""
    database.transact(lambda tx: _network(tx, new_id, now))
    database.transact(lambda tx: _carriers(tx, new_id, now))
    database.transact(lambda tx: save_items(tx, TESTER, list(_items()), now))
    stock = {(at, ware[0]): units for ware in WARES for at, units in ware[-1].items()}
    put(database, stock, now - timedelta(hours=1))


def put(database: Database, stock: Mapping[tuple[str, str], int], as_of: datetime) -> None:
    """Count units by place and sku."""
    ids = database.read(lambda tx: {at: find_location(tx, at).id for at, _ in stock})
    counts = sorted(
        (Count(key=Key(sku, ids[at]), on_hand=n, as_of=as_of) for (at, sku), n in stock.items()),
        key=lambda each: each.key,
    )
    database.transact(lambda tx: count(tx, TESTER, "inventario", counts, as_of))


def _network(tx: Tx, new_id: NewId, now: datetime) -> None:
    entity = LegalEntityRequest(code="it", name="Tessalba S.p.A.", country="IT")
    save_legal_entities(tx, TESTER, [entity], now, new_id)
    save_locations(tx, TESTER, list(_locations()), now, new_id)
    channel = ChannelRequest(
        code=CHANNEL,
        name="tessalba.example",
        kind="web",
        legal_entity="it",
        countries=("IT",),
        currency="EUR",
        languages=("it", "en"),
        pool="all",
        home_pool="home",
    )
    save_channels(tx, TESTER, [channel], now, new_id)


def _locations() -> Iterator[LocationRequest]:
    for code, name, street, postal_code, city, latitude, longitude, cents in PLACES:
        is_store = code != WAREHOUSE
        yield LocationRequest(
            code=code,
            name=name,
            kind="store" if is_store else "warehouse",
            legal_entity="it",
            street=street,
            postal_code=postal_code,
            city=city,
            country="IT",
            latitude_e6=round(latitude * 1e6),
            longitude_e6=round(longitude * 1e6),
            time_zone="Europe/Rome",
            state="open",
            capabilities=("ship_from", "collect", "reserve") if is_store else ("ship_from",),
            capacity_per_day=60 if is_store else 3_000,
            handling_minutes=60,
            handling_cents=cents,
            pick_cents=40,
            groups=("all",) if is_store else ("all", "home"),
        )


def _carriers(tx: Tx, new_id: NewId, now: datetime) -> None:
    services = [
        CarrierServiceRequest(
            carrier="aquilone",
            service=service,
            name=name,
            promise=promise,
            cutoff=time(17),
            pickup_days=(1, 2, 3, 4, 5),
            parcel_weight_max_g=30_000,
        )
        for service, name, promise in (
            ("standard", "Aquilone Standard", "home"),
            ("express", "Aquilone Express", "express"),
        )
    ]
    save_carrier_services(tx, TESTER, services, now, new_id)
    zone = ZoneRequest(code="it", areas=(ZoneArea(country="IT"),))
    save_zones(tx, TESTER, [zone], now, new_id)
    lanes = [
        LaneRequest(
            carrier="aquilone",
            service=service,
            from_zone="it",
            to_zone="it",
            transit_days=days,
            rates=((1_000, 590 + extra), (5_000, 790 + extra), (30_000, 1_500 + extra)),
        )
        for service, days, extra in (("standard", 2, 0), ("express", 1, 500))
    ]
    save_lanes(tx, TESTER, lanes, now, new_id)


def _items() -> Iterator[ItemRequest]:
    for sku, gtin, italian, english, category, color, size, grams, cents, _ in WARES:
        yield ItemRequest(
            sku=sku,
            product=sku.rpartition("-")[0],
            titles={"it": italian, "en": english},
            gtins=(gtin,),
            category=category,
            color=color,
            size=size,
            weight_g=grams,
            price_cents=cents,
        )
