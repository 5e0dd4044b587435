"""The demo retailer's shoppers: invented people at invented doors in real cities."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from ovunque.simulation.cities import CITIES, City
from ovunque.simulation.locations import scatter, slug, weight
from ovunque.simulation.names import person, street_address
from ovunque.simulation.rows import ChannelRow, CustomerRow

# France and Germany keep these ranges for fiction; the Italian prefix is not given out.
PHONES = {"fr": ("+3363998", 10_000), "de": ("+493023125", 1_000), "it": ("+39300", 10_000_000)}
PHONE_PERCENT = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Shopper:
    """A customer of the file, and the door that only the orders tell."""

    customer: CustomerRow
    shop: str  # The code of the web shop of that country.
    city: City
    street: str
    latitude: float
    longitude: float


def build_shoppers(number: int, channels: Sequence[ChannelRow], rng: Random) -> tuple[Shopper, ...]:
    """So many people, spread over the cities that a web shop serves."""
    shops = {country: each for each in channels if each.kind == "web" for country in each.countries}
    cities = [city for city in CITIES if city.country in shops]
    homes = rng.choices(cities, weights=[weight(city) for city in cities], k=number)
    return tuple(
        shopper(serial, shops[city.country], city, rng)
        for serial, city in enumerate(homes, start=1)
    )


def shopper(serial: int, shop: ChannelRow, city: City, rng: Random) -> Shopper:
    language = shop.languages[0]
    name = person(language, rng)
    latitude, longitude = scatter(city, rng)
    return Shopper(
        customer=CustomerRow(
            external_id=f"crm-{serial:06}",
            email=f"{slug(name).replace('-', '.')}.{serial}@example.com",
            name=name,
            phone=phone(language, rng),
            language=language,
        ),
        shop=shop.code,
        city=city,
        street=street_address(city.country, rng),
        latitude=latitude,
        longitude=longitude,
    )


def phone(language: str, rng: Random) -> str:
    """A number that rings nowhere; empty for those who keep theirs to themselves."""
    if language not in PHONES or rng.randrange(100) >= PHONE_PERCENT:
        return ""
    prefix, numbers = PHONES[language]
    return f"{prefix}{rng.randrange(numbers):0{len(str(numbers - 1))}}"
