"""A strategy as a sound program sends it."""

from typing import Any

INCIDENT: dict[str, Any] = {
    "carrier": "posta",
    "country": "IT",
    "postal_prefix": "09",
    "reason": "The ferries do not sail.",
    "ends_at": "2099-01-01T00:00:00Z",
}
SIMULATION: dict[str, Any] = {"strategies": ["italy-home"], "generate": 20, "seed": 3}
STRATEGY: dict[str, Any] = {
    "code": "italy-home",
    "name": "Italy, home",
    "priority": 50,
    "active": True,
    "when": {
        "channels": ["web-it"],
        "services": ["home"],
        "countries": ["IT"],
        "value_min": 0,
        "value_max": None,
        "since": "2026-01-01T00:00:00Z",
        "until": None,
    },
    "steps": [
        {"name": "Warehouse", "kinds": ["warehouse"], "parcels_max": 1, "carriers": ["posta"]},
        {
            "name": "Store in time",
            "kinds": ["store"],
            "keeps_promise": True,
            "keep_units": 1,
            "goals": [{"by": "cost", "within_percent": 10}, {"by": "emissions"}],
            "parcels_max": 2,
        },
    ],
    "otherwise": "anywhere",
    "offers": {"mode": "compete", "among": 3, "minutes": 20},
}
STRATEGY_ACTS: dict[str, Any] = {
    "/v1/strategies/{code}/checks": {},
    "/v1/strategies/{code}/publications": {"starts_at": None, "share_percent": 100},
    "/v1/strategies/{code}/trial-endings": {"adopt": True},
    "/v1/strategies/{code}/rollbacks": {"version": 1},
}
