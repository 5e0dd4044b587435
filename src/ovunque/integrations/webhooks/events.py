"""What is announced of webhooks themselves: never their secrets."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact


def changed(what: str, webhook_id: UUID, **body: Any) -> Fact:
    """`webhook.created`, `.changed`, `.removed`, `.disabled`, `.secret_changed`, `.replayed`."""
    return Fact(kind=f"webhook.{what}", subject=public_id("whk", webhook_id), body=body)


def low_changed(channel: str, sku: str, units: int | None) -> Fact:
    body: Mapping[str, Any] = {"channel": channel, "sku": sku, "units": units}
    return Fact(kind="low_stock.changed", subject=f"{channel} {sku}".strip() or "all", body=body)
