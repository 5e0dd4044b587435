"""What a request costs its program: `availability` from memory is one, all else is more."""

from collections.abc import Mapping

MEMORY, PAGE, ORDER, READ, WRITE, BULK = 1, 3, 8, 40, 80, 2_000

OF_ROUTES: Mapping[str, int] = {
    "GET /v1/availability": MEMORY,
    "GET /v1/promises": PAGE,
    "POST /v1/orders": ORDER,
    "POST /v1/promises": ORDER,
    "POST /v1/holds": ORDER,
    "GET /v1/orders": 2 * READ,
    "GET /v1/tracking/{token}": BULK,  # From an address, not by a key: whoever tries tokens waits.
    "POST /v1/stock/counts": BULK,
    "POST /v1/imports": BULK,
}


def cost_of(method: str, path: str) -> int:
    """The units of a route."""
    told = OF_ROUTES.get(f"{method} {path}")
    return told if told is not None else READ if method == "GET" else WRITE
