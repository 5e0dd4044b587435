"""What a carrier signs for: manifests as they are looked for, and a signature as it is kept."""

from dataclasses import dataclass
from uuid import UUID

PEN = r"^(?:[ML]\d{1,3} \d{1,3})*$"  # Where a pen was put down, and where it went.
PEN_LENGTH_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFilter:
    """Which manifests are wanted; what is not said is all the same."""

    location_id: UUID | None = None
    carrier: str | None = None
    signed: bool | None = None
