"""Who the demo retailer is and where it sells: legal entities and channels.

Tessalba is an invented fashion house.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ovunque.simulation.rows import ChannelRow, Codes, LegalEntityRow, LocationRow

COMPANIES = {  # By country: name, and the form of a VAT id, filled with a serial number.
    "AT": ("Tessalba Österreich GmbH", "ATU9900{:04}"),
    "BE": ("Tessalba Belgique SRL", "BE099900{:04}"),
    "CH": ("Tessalba Suisse SA", "CHE99900{:04}"),
    "DE": ("Tessalba Deutschland GmbH", "DE99900{:04}"),
    "ES": ("Tessalba España S.L.", "ESB9900{:04}"),
    "FR": ("Tessalba France SAS", "FR9999900{:04}"),
    "GB": ("Tessalba UK Ltd", "GB99900{:04}"),
    "IT": ("Tessalba S.p.A.", "IT9999900{:04}"),
    "LU": ("Tessalba Luxembourg S.à r.l.", "LU9990{:04}"),
    "NL": ("Tessalba Nederland B.V.", "NL99900{:04}B01"),
    "PT": ("Tessalba Portugal Lda.", "PT99900{:04}"),
}
WEB_SHOPS: dict[str, tuple[Codes, Codes]] = {  # By the seller's country: countries, languages.
    "IT": (("IT",), ("it", "en")),
    "FR": (("FR", "BE", "LU"), ("fr", "en")),
    "DE": (("DE", "AT"), ("de", "en")),
    "ES": (("ES",), ("es", "en")),
}
LANGUAGES = ("it", "fr", "de", "es", "en")
MARKETPLACE_CATEGORIES = ("belts", "dresses", "jackets", "knitwear", "scarves", "shoes")
WHOLESALE_CATEGORIES = ("jackets", "jeans", "knitwear", "shirts", "t-shirts", "trousers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """A channel that all countries share: its name, kind, the group it sells, what it lists."""

    name: str
    kind: str
    pool: str
    listing: Codes = ("all",)


FRONTS = {
    "till": Front(name="Tills of the stores", kind="till", pool="own"),
    "tablet": Front(name="Seller tablets", kind="tablet", pool="all"),
    "wholesale": Front(
        name="Wholesale", kind="wholesale", pool="wholesale", listing=WHOLESALE_CATEGORIES
    ),
    "marketplace": Front(
        name="Fashion marketplace", kind="marketplace", pool="own", listing=MARKETPLACE_CATEGORIES
    ),
}


def build_legal_entities(locations: Sequence[LocationRow]) -> tuple[LegalEntityRow, ...]:
    """One company for each country with a place of our own, and one for each partner."""
    owners = {each.legal_entity: each for each in locations}
    return tuple(
        LegalEntityRow(
            code=code,
            name=COMPANIES[place.country][0] if "own" in place.groups else place.name,
            country=place.country,
            vat_id=COMPANIES[place.country][1].format(serial),
        )
        for serial, (code, place) in enumerate(owners.items(), start=1)
    )


def build_channels(locations: Sequence[LocationRow]) -> tuple[ChannelRow, ...]:
    """A web shop for each country where we have a company, then what all countries share."""
    own = {each.country: each.legal_entity for each in locations if "own" in each.groups}
    sellers = {country: code for country, code in own.items() if country in WEB_SHOPS}
    headquarters = next(iter(sellers.values()))
    shops = tuple(web_shop(country, code) for country, code in sellers.items())
    delivered = (country for shop in shops for country in shop.countries)
    countries = tuple(dict.fromkeys((*delivered, *own)))
    return (
        *shops,
        *(
            ChannelRow(
                code=code,
                name=front.name,
                kind=front.kind,
                legal_entity=headquarters,
                countries=countries,
                currency="EUR",
                languages=LANGUAGES,
                pool=front.pool,
                home_pool="warehouses",
                listing=front.listing,
            )
            for code, front in FRONTS.items()
        ),
    )


def web_shop(country: str, legal_entity: str) -> ChannelRow:
    countries, languages = WEB_SHOPS[country]
    return ChannelRow(
        code=f"web-{country.lower()}",
        name=f"tessalba.example/{country.lower()}",
        kind="web",
        legal_entity=legal_entity,
        countries=countries,
        currency="EUR",
        languages=languages,
        pool="all" if country == "IT" else "own",  # Partners ship within Italy only.
        home_pool="warehouses",
        listing=("all",),
    )
