"""Bodies about carriers as a sound program sends them."""

from typing import Any

Json = dict[str, Any]

CARRIER: Json = {
    "carrier": "posta",
    "service": "standard",
    "name": "Posta Standard",
    "promise": "home",
    "cutoff": "16:30",
    "pickup_days": [1, 2, 3, 4, 5],
    "parcel_weight_max_g": 30000,
    "countries": ["IT"],
    "line_haul": "artic_over_33t",
    "sorts": 2,
    "last_mile": "van_diesel",
    "stop_m": None,
    "delivery_days": [1, 2, 3, 4, 5],
    "surcharge_ppm": 45_000,
    "valid_from": "2026-01-01",
    "valid_until": None,
}
ZONE: Json = {
    "code": "IT-north",
    "areas": [{"country": "IT", "postal_from": "10", "postal_to": "39"}],
}
LANE: Json = {
    "carrier": "posta",
    "service": "standard",
    "from_zone": "IT-north",
    "to_zone": "IT-north",
    "transit_days": 1,
    "rates": [
        {"weight_max_g": 2000, "price_cents": 590},
        {"weight_max_g": 30000, "price_cents": 990},
    ],
    "surcharge_cents": 180,
    "transit_chances_ppm": [0, 800_000, 200_000],
    "tariffs": [
        {
            "valid_from": "2027-01-01",
            "valid_until": None,
            "rates": [{"weight_max_g": 30000, "price_cents": 690}],
            "surcharge_cents": 200,
        }
    ],
}
FACTOR: Json = {
    "vehicle": "van_electric",
    "basis": "vehicle_km",
    "carrier": "posta",
    "service": "standard",
    "region": "IT",
    "year": 2026,
    "ttw_f5": 0,
    "wtt_f5": 4_800,
    "quality": "primary",
    "source": "Posta statement 2026",
    "license": "by permission",
}
TERMS = "/v1/carriers/{carrier}/{service}"
DRAFT: Json = {
    "carrier": "posta",
    "service": "standard",
    "conditions": {name: CARRIER[name] for name in CARRIER if name not in ("carrier", "service")},
    "lanes": [{name: LANE[name] for name in LANE if name not in ("carrier", "service")}],
    "caps": [{"location": "MI-01", "parcels_per_day_max": 120}],
}
