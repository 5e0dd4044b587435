"""How the demo retailer's parcels travel: three invented carriers, their zones, lanes and prices."""

from collections.abc import Iterator, Sequence
from itertools import product

from ovunque.simulation.rows import CarrierRow, LaneRow, ZoneRow

EVERYWHERE = ("AT", "BE", "CH", "DE", "ES", "FR", "GB", "IT", "LU", "NL", "PT")
WORKDAYS = (1, 2, 3, 4, 5)
CARRIERS = (
    CarrierRow(
        carrier="aquilone",
        service="standard",
        name="Aquilone Standard",
        promise="home",
        cutoff="17:00",
        pickup_days=WORKDAYS,
        parcel_weight_max_g=30_000,
        countries=("IT",),
    ),
    CarrierRow(
        carrier="aquilone",
        service="express",
        name="Aquilone Espresso",
        promise="express",
        cutoff="18:30",
        pickup_days=(*WORKDAYS, 6),
        parcel_weight_max_g=20_000,
        countries=("IT",),
    ),
    CarrierRow(
        carrier="transalp",
        service="standard",
        name="Transalp Europe",
        promise="home",
        cutoff="16:00",
        pickup_days=WORKDAYS,
        parcel_weight_max_g=30_000,
        countries=EVERYWHERE,
    ),
    CarrierRow(
        carrier="saetta",
        service="express",
        name="Saetta Express",
        promise="express",
        cutoff="15:30",
        pickup_days=WORKDAYS,
        parcel_weight_max_g=20_000,
        countries=EVERYWHERE,
    ),
)
# Postal prefixes are compared as text, both ends included. No place lies in two zones;
# what lies in none (the French overseas departments, Ceuta, Melilla) we do not deliver to.
ZONES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "it-north": (("IT", "10", "48"),),
    "it-center": (("IT", "00", "06"), ("IT", "50", "67")),
    "it-south": (("IT", "70", "89"),),
    "it-islands": (("IT", "07", "09"), ("IT", "90", "98")),
    "fr-north": (("FR", "02", "02"), ("FR", "08", "08"), ("FR", "10", "10"), ("FR", "14", "14")),
}
