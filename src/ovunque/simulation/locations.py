"""Where the demo retailer keeps and sells its goods: warehouses, stores and partners.

The streets exist, the house numbers do not.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from ovunque.simulation.cities import BY_NAME, CITIES, City
from ovunque.simulation.names import street_address
from ovunque.simulation.rows import Codes, LocationRow
from ovunque.simulation.sizes import Size

HOME_COUNTRY = "IT"
HOME_COUNTRY_WEIGHT = 5  # An Italian house: five times as dense at home as abroad.
FLAGSHIPS = (  # City, name, street, postal code: the first stores of every size.
    ("Milano", "Milano Duomo", "Via Torino 212", "20123"),
    ("Roma", "Roma Corso", "Via del Corso 614", "00186"),
    ("Milano", "Milano Brera", "Via Brera 219", "20121"),
    ("Bologna", "Bologna Farini", "Via Farini 109", "40124"),
    ("Firenze", "Firenze Tornabuoni", "Via de' Tornabuoni 81", "50123"),
    ("Napoli", "Napoli Chiaia", "Via Chiaia 387", "80121"),
    ("Paris", "Paris Marais", "138 rue des Francs-Bourgeois", "75004"),
    ("München", "München Theatiner", "Theatinerstraße 119", "80333"),
    ("Madrid", "Madrid Serrano", "Calle de Serrano 457", "28006"),
    ("Torino", "Torino Via Roma", "Via Roma 618", "10121"),
)
# Taken in turn. Piacenza, the first, is where the motorways of the Po valley cross.
WAREHOUSE_CITIES = ("Piacenza", "Lyon", "Nürnberg", "Verona", "Zaragoza", "Napoli", "Leipzig")
DISTRIBUTOR_CITIES = ("Padova", "Stuttgart", "Lille", "Valencia")
RESELLER_CITIES = ("Verona", "Berlin", "Marseille", "Barcelona", "Genova", "Hamburg")
INDUSTRY_STREETS = {
    "DE": "Industriestraße {}",
    "ES": "Calle de la Industria {}",
    "FR": "{} rue de l'Industrie",
    "IT": "Via dell'Industria {}",
}
PLACE_SPREAD_DEGREES = 0.012  # About a kilometer: the places of a city are not one point.


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An address with a name, before anything works there."""

    name: str
    city: City
    street: str
    postal_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is done at a site, how fast and at what cost."""

    kind: str
    capabilities: Codes
    groups: Codes
    capacity_per_day: int
    handling_minutes: int
    handling_cents: int
    pick_cents: int
    unit_cents: int = 0  # What a partner takes for each unit of its own.


WAREHOUSE = Work(
    kind="warehouse",
    capabilities=("ship_from", "accept_returns"),
    groups=("all", "own", "warehouses", "wholesale"),
    capacity_per_day=3_000,
    handling_minutes=120,
    handling_cents=80,
    pick_cents=45,
)
DISTRIBUTOR = Work(
    kind="distributor",
    capabilities=("ship_from",),
    groups=("all", "partners", "wholesale"),
    capacity_per_day=400,
    handling_minutes=480,
    handling_cents=150,
    pick_cents=70,
    unit_cents=250,
)
RESELLER = Work(
    kind="reseller",
    capabilities=("ship_from", "collect", "accept_returns"),
    groups=("all", "partners", "resellers"),
    capacity_per_day=20,
    handling_minutes=300,
    handling_cents=250,
    pick_cents=150,
    unit_cents=400,
)


PICKUP_POINT = Work(
    kind="pickup_point",
    capabilities=(),
    groups=("pickup-points",),
    capacity_per_day=0,
    handling_minutes=60,
    handling_cents=0,
    pick_cents=0,
)
# Counters of the carrier's, near where most shoppers live: city, name, street, post code.
PICKUP_POINTS = (
    ("Milano", "Punto Passo Milano Isola", "Via Borsieri 341", "20159"),
    ("Milano", "Punto Passo Milano Navigli", "Ripa di Porta Ticinese 287", "20143"),
    ("Roma", "Punto Passo Roma Prati", "Via Cola di Rienzo 543", "00192"),
    ("Torino", "Punto Passo Torino Vanchiglia", "Via Vanchiglia 166", "10124"),
    ("Bologna", "Punto Passo Bologna Saragozza", "Via Saragozza 371", "40123"),
    ("Firenze", "Punto Passo Firenze Santa Croce", "Borgo La Croce 192", "50121"),
    ("Napoli", "Punto Passo Napoli Vomero", "Via Scarlatti 311", "80129"),
    ("Paris", "Point Passo Paris Bastille", "177 rue de la Roquette", "75011"),
    ("München", "Passo-Punkt München Schwabing", "Hohenzollernstraße 233", "80796"),
    ("Madrid", "Punto Passo Madrid Chueca", "Calle de Augusto Figueroa 174", "28004"),
)
PICKUP_ASIDE_DEGREES = 0.009  # From the middle of the city; of two, one north and one south.


def build_pickup_points() -> tuple[LocationRow, ...]:
    """Where the carrier's customers fetch parcels, the same for every size."""
    rows = []
    for nth, (name_of_city, name, street, postal_code) in enumerate(PICKUP_POINTS):
        city = BY_NAME[name_of_city]
        aside = PICKUP_ASIDE_DEGREES if nth % 2 else -PICKUP_ASIDE_DEGREES
        site = Site(name=name, city=city, street=street, postal_code=postal_code)
        rows.append(locate_at(site, PICKUP_POINT, (city.latitude + aside, city.longitude)))
    return tuple(rows)


def build_locations(size: Size, rng: Random) -> tuple[LocationRow, ...]:
    """The locations of a retailer of that size: the warehouses first, then the stores."""
    warehouses = industry_sites("Magazzino", WAREHOUSE_CITIES, size.warehouses)
    distributors = industry_sites("Distribuzione", DISTRIBUTOR_CITIES, size.distributors)
    resellers = industry_sites("Seconda Vita", RESELLER_CITIES, size.resellers)
    return (
        *(locate(site, WAREHOUSE, rng) for site in warehouses),
        *(locate(site, store_work(site, rng), rng) for site in store_sites(size.stores, rng)),
        *(locate(site, DISTRIBUTOR, rng) for site in distributors),
        *(locate(site, RESELLER, rng) for site in resellers),
    )


def industry_sites(word: str, cities: Sequence[str], count: int) -> Iterator[Site]:
    for at in range(count):
        turn, city = at // len(cities) + 1, BY_NAME[cities[at % len(cities)]]
        yield Site(
            name=f"{word} {city.name}" if turn == 1 else f"{word} {city.name} {turn}",
            city=city,
            street=INDUSTRY_STREETS[city.country].format(turn * 11),
            postal_code=city.postal_code,
        )


def store_sites(count: int, rng: Random) -> Iterator[Site]:
    for city_name, name, street, postal_code in FLAGSHIPS[:count]:
        yield Site(name=name, city=BY_NAME[city_name], street=street, postal_code=postal_code)
    opened = Counter(city_name for city_name, *_ in FLAGSHIPS)
    for _ in range(count - len(FLAGSHIPS)):
        # The next store goes where most people share one (the rule of D'Hondt).
        city = max(CITIES, key=lambda each: weight(each) / (opened[each.name] + 1))
        opened[city.name] += 1
        yield Site(
            name=f"{city.name} {opened[city.name]}",
            city=city,
            street=street_address(city.country, rng),
            postal_code=city.postal_code,
        )


def weight(city: City) -> int:
    """How much a city draws stores and shoppers."""
    return city.population * (HOME_COUNTRY_WEIGHT if city.country == HOME_COUNTRY else 1)


def store_work(site: Site, rng: Random) -> Work:
    return Work(
        kind="store",
        capabilities=("ship_from", "collect", "express_collect", "reserve", "accept_returns"),
        groups=("all", "own", "stores", f"stores-{site.city.country.lower()}"),
        capacity_per_day=rng.randint(3, 12) * 5,
        handling_minutes=rng.choice((120, 180, 240)),
        handling_cents=rng.randint(15, 22) * 10,
        pick_cents=rng.randint(10, 15) * 10,
    )


def locate(site: Site, work: Work, rng: Random) -> LocationRow:
    return locate_at(site, work, scatter(site.city, rng))


def locate_at(site: Site, work: Work, at: tuple[float, float]) -> LocationRow:
    latitude, longitude = at
    return LocationRow(
        code=slug(site.name),
        name=site.name,
        kind=work.kind,
        legal_entity=legal_entity_code(site, work),
        street=site.street,
        postal_code=site.postal_code,
        city=site.city.name,
        region=site.city.region,
        country=site.city.country,
        latitude=round(latitude, 6),
        longitude=round(longitude, 6),
        time_zone=site.city.time_zone,
        state="open",
        capabilities=work.capabilities,
        capacity_per_day=work.capacity_per_day,
        handling_minutes=work.handling_minutes,
        handling_cents=work.handling_cents,
        pick_cents=work.pick_cents,
        groups=work.groups,
        unit_cents=work.unit_cents,
    )


def scatter(city: City, rng: Random) -> tuple[float, float]:
    """Latitude and longitude of some place in the city."""
    return (
        round(city.latitude + rng.uniform(-PLACE_SPREAD_DEGREES, PLACE_SPREAD_DEGREES), 6),
        round(city.longitude + rng.uniform(-PLACE_SPREAD_DEGREES, PLACE_SPREAD_DEGREES), 6),
    )


def legal_entity_code(site: Site, work: Work) -> str:
    """A partner owns its own place; all others belong to the house's company of the country."""
    if "partners" in work.groups:
        return slug(site.name)
    return f"tessalba-{site.city.country.lower()}"


def slug(name: str) -> str:
    """A name as a code: lower-case ASCII letters and digits, joined by hyphens."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")
