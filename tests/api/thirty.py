"""A location with thirty items, and those who tell of it."""

from itertools import count
from typing import Any

from tests.api.conftest import Api
from tests.api.examples import MOVEMENTS

MI, NINE, TEN = "MI-01", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"
nths = count()


def sku(nth: int) -> str:
    return f"COAT-{nth:02}"


def row(nth: int, on_hand: int, as_of: str) -> dict[str, Any]:
    return {"location": MI, "sku": sku(nth), "on_hand": on_hand, "as_of": as_of}


def tell(api: Api, told: dict[int, int], as_of: str, **more: Any) -> Any:
    rows = [row(nth, on_hand, as_of) for nth, on_hand in told.items()]
    return api.post("/v1/stock/counts", {"source": "wms", "counts": rows} | more)


def moved(api: Api, nth: int, kind: str, quantity: int, **more: Any) -> Any:
    body = MOVEMENTS["movements"][0] | {"sku": sku(nth), "kind": kind, "quantity": quantity}
    body |= {"id": f"m-{next(nths)}", "sequence": None, "occurred_at": TEN} | more
    told = {"source": "till", "movements": [body]}
    return api.post("/v1/stock/movements", told, headers={"Idempotency-Key": f"k{next(nths)}"})


def on_hand(api: Api, nth: int) -> int:
    (level,) = api.get("/v1/stock/levels", params={"sku": sku(nth)}).json()["data"]
    return int(level["on_hand"])
