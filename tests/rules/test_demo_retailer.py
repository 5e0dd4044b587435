"""The demo retailer: the same for the same seed, and whole enough to be imported."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from itertools import islice, product
from pathlib import Path
from random import Random

import pytest

from ovunque.kernel.geography import Coordinates, distance_m
from ovunque.kernel.text import is_code, is_gtin
from ovunque.simulation.assortment import season
from ovunque.simulation.cities import BY_NAME, CITIES
from ovunque.simulation.files import write_files
from ovunque.simulation.orders import OrderBody, order_bodies
from ovunque.simulation.retailer import Retailer, build_retailer
from ovunque.simulation.rows import ZoneRow
from ovunque.simulation.sizes import MEDIUM, SMALL, Size

TODAY = date(2026, 11, 22)
COLUMNS = {  # The contract of the import: renaming a field here breaks retailers' files.
    "legal_entities": "code,name,country,vat_id",
    "locations": "code,name,kind,legal_entity,street,postal_code,city,region,country,latitude,"
    "longitude,time_zone,state,capabilities,capacity_per_day,handling_minutes,handling_cents,"
    "pick_cents,groups,unit_cents",
    "hours": "location,monday,tuesday,wednesday,thursday,friday,saturday,sunday",
    "closures": "location,day,hours,name",
    "channels": "code,name,kind,legal_entity,countries,currency,languages,pool,home_pool,listing",
    "items": "sku,product,title,title_it,gtin,category,season,color,size,condition,weight_g,"
    "length_mm,width_mm,height_mm,price_cents,cost_cents,components",
    "carriers": "carrier,service,name,promise,cutoff,pickup_days,parcel_weight_max_g,countries,"
    "line_haul,sorts,last_mile",
    "zones": "zone,country,postal_from,postal_to",
    "lanes": "carrier,service,from_zone,to_zone,transit_days,rates",
    "transit": "carrier,service,from_zone,to_zone,chances,quantiles",
    "volume_caps": "carrier,service,location,parcels_per_day_max",
    "emission_factors": "vehicle,basis,carrier,service,region,year,ttw_kg,wtt_kg,quality,source,"
    "license",
    "stock": "location,sku,on_hand,as_of",
    "pieces": "sku,like,serial,condition,location,price_cents,cost_cents,note,photos",
    "incoming": "reference,location,sku,quantity,due_on,late_days",
    "customers": "external_id,email,name,phone,language",
}


def build(size: Size = SMALL, seed: int = 7) -> Retailer:
    return build_retailer(size, TODAY, Random(seed))


@pytest.fixture(scope="module")
def retailer() -> Retailer:
    return build()


@pytest.fixture(scope="module")
def orders(retailer: Retailer) -> list[OrderBody]:
    return list(islice(order_bodies(retailer, Random(7)), 2_000))


def zones_of(zones: Sequence[ZoneRow], country: str, postal_code: str) -> list[str]:
    return [
        row.zone
        for row in zones
        if row.country == country
        and row.postal_from <= postal_code[: len(row.postal_from)]
        and postal_code[: len(row.postal_to)] <= row.postal_to
    ]


def test_a_seed_gives_the_same_files_again_and_another_seed_others(tmp_path: Path) -> None:
    def written(folder: str, seed: int) -> list[bytes]:
        return [path.read_bytes() for path in write_files(tmp_path / folder, build(seed=seed))]

    first, again, other = written("first", 7), written("again", 7), written("other", 8)

    assert first == again
    assert first != other


def test_the_small_retailer_has_12_locations_and_300_items(retailer: Retailer) -> None:
    assert len(retailer.locations) == SMALL.locations == 12
    assert len(retailer.assortment.items) == SMALL.items == 300
    assert Counter(each.kind for each in retailer.locations) == {
        "warehouse": 1,
        "store": 9,
        "distributor": 1,
        "reseller": 1,
    }


def test_a_larger_retailer_is_the_same_code_with_other_numbers() -> None:
    medium = build(MEDIUM)

    assert len({each.code for each in medium.locations}) == MEDIUM.locations
    assert len({each.sku for each in medium.assortment.items}) == MEDIUM.items
    home = sum(each.country == "IT" for each in medium.locations)
    assert len(medium.locations) / 2 < home < len(medium.locations)


def test_every_barcode_is_a_gtin_of_the_range_for_internal_use(retailer: Retailer) -> None:
    for item in retailer.assortment.items:
        assert len(item.gtin) == 13
        assert is_gtin(item.gtin)
        assert 20 <= int(item.gtin[:2]) <= 29


@pytest.mark.parametrize(
    "keys",
    [
        lambda it: [each.code for each in it.legal_entities],
        lambda it: [each.vat_id for each in it.legal_entities],
        lambda it: [each.code for each in it.locations],
        lambda it: [each.name for each in it.locations],
        lambda it: [each.code for each in it.channels],
        lambda it: [each.sku for each in it.assortment.items],
        lambda it: [each.gtin for each in it.assortment.items],
        lambda it: [(each.carrier, each.service) for each in it.carriers],
        lambda it: [(each.zone, each.country, each.postal_from) for each in it.zones],
        lambda it: [
            (each.carrier, each.service, each.from_zone, each.to_zone) for each in it.lanes
        ],
        lambda it: [(each.location, each.sku) for each in it.stock()],
        lambda it: [each.customer.external_id for each in it.shoppers],
        lambda it: [each.customer.email for each in it.shoppers],
    ],
)
def test_keys_are_unique(retailer: Retailer, keys: Callable[[Retailer], list[object]]) -> None:
    found = keys(retailer)

    assert len(set(found)) == len(found) > 0


def test_every_code_is_one(retailer: Retailer) -> None:
    codes = {
        *(each.code for each in retailer.legal_entities),
        *(each.code for each in retailer.locations),
        *(group for each in retailer.locations for group in each.groups),
        *(each.code for each in retailer.channels),
        *(each.sku for each in retailer.assortment.items),
        *(each.product for each in retailer.assortment.items),
        *(each.category for each in retailer.assortment.items),
        *(each.zone for each in retailer.zones),
        *(code for each in retailer.carriers for code in (each.carrier, each.service)),
    }

    assert [code for code in codes if not is_code(code)] == []


def test_every_reference_leads_somewhere(retailer: Retailer) -> None:
    entities = {each.code for each in retailer.legal_entities}
    groups = {group for each in retailer.locations for group in each.groups}
    items = {each.sku: each for each in retailer.assortment.items}
    categories = {each.category for each in items.values()}
    zones = {each.zone for each in retailer.zones}
    services = {(each.carrier, each.service) for each in retailer.carriers}

    assert {each.legal_entity for each in retailer.locations} == entities
    for channel in retailer.channels:
        assert channel.legal_entity in entities
        assert {channel.pool, channel.home_pool} <= groups
        assert set(channel.listing) <= categories | {"all"}
    for item in items.values():
        for sku, units in item.components.items():
            assert units > 0
            assert items[sku].condition == "new"
            assert not items[sku].components
    for lane in retailer.lanes:
        assert (lane.carrier, lane.service) in services
        assert {lane.from_zone, lane.to_zone} <= zones
    places = {each.code for each in retailer.locations}
    assert {row.location for row in retailer.stock()} == places
    assert {row.sku for row in retailer.stock()} <= items.keys()


def test_every_city_and_location_lies_in_one_zone(retailer: Retailer) -> None:
    cities = [(each.country, each.postal_code) for each in CITIES]
    locations = [(each.country, each.postal_code) for each in retailer.locations]

    for country, postal_code in cities + locations:
        assert len(zones_of(retailer.zones, country, postal_code)) == 1, postal_code


def test_every_location_reaches_every_zone_at_home_and_express(retailer: Retailer) -> None:
    promises = {(each.carrier, each.service): each.promise for each in retailer.carriers}
    reached = {
        (lane.from_zone, lane.to_zone, promises[lane.carrier, lane.service])
        for lane in retailer.lanes
    }
    origins = {
        zone
        for each in retailer.locations
        for zone in zones_of(retailer.zones, each.country, each.postal_code)
    }
    targets = {each.zone for each in retailer.zones}

    assert set(product(origins, targets, ("home", "express"))) <= reached


def test_heavier_parcels_never_cost_less(retailer: Retailer) -> None:
    limits = {(each.carrier, each.service): each.parcel_weight_max_g for each in retailer.carriers}
    for lane in retailer.lanes:
        weights, prices = list(lane.rates), list(lane.rates.values())
        assert weights == sorted(weights)
        assert prices == sorted(prices)
        assert weights[-1] == limits[lane.carrier, lane.service]
        assert lane.transit_days >= 1
    heaviest_g = max(each.weight_g for each in retailer.assortment.items)
    assert heaviest_g <= min(limits.values())


def test_stores_have_what_the_warehouse_lacks(retailer: Retailer) -> None:
    kinds = {each.code: each.kind for each in retailer.locations}
    warehouse = {r.sku: r.on_hand for r in retailer.stock() if kinds[r.location] == "warehouse"}
    stores = {r.sku for r in retailer.stock() if kinds[r.location] == "store" and r.on_hand > 0}
    lacking = {sku for sku, on_hand in warehouse.items() if on_hand == 0}

    assert 10 <= len(lacking & stores) < len(warehouse) / 4


def test_stock_is_told_the_same_each_time(retailer: Retailer) -> None:
    first, again = list(retailer.stock()), list(retailer.stock())

    assert first == again
    assert all(row.on_hand >= 0 for row in first)
    assert {row.as_of for row in first} == {"2026-11-22T00:00:00Z"}


def test_a_bundle_has_no_stock_and_a_second_hand_piece_lies_in_one_place(
    retailer: Retailer,
) -> None:
    rows = list(retailer.stock())
    items = retailer.assortment.items
    bundles = {each.sku for each in items if each.components}
    used = {each.sku for each in items if each.condition != "new"}

    assert len(bundles) == SMALL.bundles
    assert not bundles & {row.sku for row in rows}
    assert Counter(row.sku for row in rows if row.sku in used) == dict.fromkeys(used, 1)
    assert len(used) == SMALL.used_items
    assert {row.on_hand for row in rows if row.sku in used} == {1}
    products = {each.product for each in items if each.condition == "new"}
    assert {each.product for each in items if each.sku in used} <= products


def test_all_places_lie_in_europe_and_in_their_city(retailer: Retailer) -> None:
    for city in CITIES:
        assert 36 < city.latitude < 57, city.name
        assert -10 < city.longitude < 19, city.name
        assert city.population > 0
    for place in (*retailer.locations, *retailer.pickup_points):
        assert place.time_zone == BY_NAME[place.city].time_zone
        assert meters_from_center(place.city, place.latitude, place.longitude) < 2_000


def meters_from_center(city_name: str, latitude: float, longitude: float) -> int:
    city = BY_NAME[city_name]
    center = Coordinates(round(city.latitude * 1e6), round(city.longitude * 1e6))
    return distance_m(center, Coordinates(round(latitude * 1e6), round(longitude * 1e6)))


def test_the_table_of_cities_is_dense_in_italy() -> None:
    assert len(BY_NAME) == len(CITIES)
    assert sum(city.country == "IT" for city in CITIES) >= 25
    assert len({city.country for city in CITIES}) >= 10


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 2, 28), "FW25"),
        (date(2026, 3, 1), "SS26"),
        (date(2026, 8, 31), "SS26"),
        (date(2026, 9, 1), "FW26"),
        (date(2100, 1, 1), "FW99"),
    ],
)
def test_the_season_follows_the_day(today: date, expected: str) -> None:
    assert season(today) == expected


def test_the_files_carry_the_columns_of_the_import_and_read_back(
    retailer: Retailer, tmp_path: Path
) -> None:
    paths = write_files(tmp_path, retailer)
    assert [path.stem for path in paths] == list(COLUMNS)
    read = {}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            read[path.stem] = list(reader)
            assert reader.fieldnames == COLUMNS[path.stem].split(",")

    assert len(read["stock"]) == sum(1 for _ in retailer.stock())
    places = (*retailer.locations, *retailer.pickup_points)
    for row, place in zip(read["locations"], places, strict=True):
        assert (row["name"], row["postal_code"]) == (place.name, place.postal_code)
        assert float(row["latitude"]) == place.latitude
        assert tuple(row["groups"].split(";")) == place.groups
    for row, item in zip(read["items"], retailer.assortment.items, strict=True):
        assert row["title_it"] == item.title_it
        assert pairs(row["components"]) == item.components
    for row, lane in zip(read["lanes"], retailer.lanes, strict=True):
        assert {int(weight): price for weight, price in pairs(row["rates"]).items()} == lane.rates


def pairs(cell: str) -> dict[str, int]:
    split = (pair.split(":") for pair in cell.split(";") if pair)
    return {name: int(number) for name, number in split}


def test_orders_are_the_same_for_a_seed_and_differ_from_each_other(
    retailer: Retailer, orders: list[OrderBody]
) -> None:
    again = list(islice(order_bodies(retailer, Random(7)), len(orders)))

    assert json.dumps(again) == json.dumps(orders)
    assert len({order["external_id"] for order in orders}) == len(orders)


def test_orders_name_what_their_channel_sells(retailer: Retailer, orders: list[OrderBody]) -> None:
    items = {each.sku: each for each in retailer.assortment.items}
    channels = {each.code: each for each in retailer.channels}
    for order in orders:
        channel = channels[order["channel"]]
        assert 1 <= len(order["lines"]) <= 4
        assert len({line["sku"] for line in order["lines"]}) == len(order["lines"])
        for line in order["lines"]:
            item = items[line["sku"]]
            assert channel.listing == ("all",) or item.category in channel.listing
            assert line["unit_price"] == {"amount": item.price_cents, "currency": channel.currency}
            assert 1 <= line["quantity"] <= (3 if item.condition == "new" else 1)
        assert (order["on_shortage"] == "accept") == (channel.kind == "marketplace")
        assert order["customer"]["email"].endswith("@example.com")


def test_orders_go_to_doors_in_reach_or_to_shops_that_hand_over(
    retailer: Retailer, orders: list[OrderBody]
) -> None:
    places = {each.code: each for each in retailer.locations}
    channels = {each.code: each for each in retailer.channels}
    for order in orders:
        countries = channels[order["channel"]].countries
        (delivery,) = order["deliveries"]
        if delivery["service"] == "collect":
            assert "address" not in delivery
            assert "collect" in places[delivery["location"]].capabilities
            assert places[delivery["location"]].country in countries
            continue
        address = delivery["address"]
        assert address["country"] in countries
        assert zones_of(retailer.zones, address["country"], address["postal_code"])
        if "latitude" in address:
            place = (address["city"], address["latitude"], address["longitude"])
            assert meters_from_center(*place) < 2_000


def test_orders_are_mostly_for_home_and_follow_the_best_sellers(orders: list[OrderBody]) -> None:
    services = Counter(delivery["service"] for each in orders for delivery in each["deliveries"])
    sold = Counter(line["sku"] for each in orders for line in each["lines"])
    best = sum(units for _, units in sold.most_common(30))

    assert services.keys() == {"home", "express", "collect"}
    assert services["home"] > len(orders) / 2
    assert best > sold.total() / 4  # A tenth of the items.
