"""What a rule of protection must be before it is stored: the table's own bounds, in words."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from ovunque.kernel.refusal import Fault
from ovunque.kernel.rows import Faults, code, each_of, known, one_of, text, within
from ovunque.stock.model import ProtectionRequest, RuleKind
from ovunque.stock.rules.protection import STOPPING

UNITS_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """What rules may point to."""

    skus: Collection[str]
    locations: Collection[str]
    groups: Collection[str]
    channels: Collection[str]


def check_protection(request: ProtectionRequest) -> Faults:
    """What the row itself shows."""
    return (
        *code("/code", request.code),
        *one_of("/kind", request.kind, RuleKind),
        *within("/units", request.units, 0, UNITS_MAX),
        *within("/percent", request.percent, 0, 100),
        *text("/product", request.product, 64),
        *text("/category", request.category, 100),
        *(code("/sku", request.sku) if request.sku is not None else ()),
        *(code("/location", request.location) if request.location is not None else ()),
        *(code("/group", request.group) if request.group is not None else ()),
        *each_of("/channels", request.channels, code),
        *_contradictions(request),
    )


def _contradictions(request: ProtectionRequest) -> Iterator[Fault]:
    """What does not go together."""
    measured = request.units is not None or request.percent is not None
    if request.kind in STOPPING and measured:
        sentence = "What stops sales keeps everything: it has no units."
        yield Fault("/units", "contradiction", sentence)
    if request.kind == RuleKind.LISTING and not (request.starts_at or request.ends_at):
        yield Fault("/starts_at", "missing", "Say from when it is sold, or until when.")
    if request.kind in (RuleKind.BUFFER, RuleKind.SHARE) and not measured:
        yield Fault("/units", "missing", "Say how many units, or which percentage of on-hand.")
    if request.kind == RuleKind.SHARE and not request.channels:
        yield Fault("/channels", "missing", "Say for which channels the share is kept.")
    if request.kind == RuleKind.BUFFER and request.channels:
        yield Fault("/channels", "contradiction", "A buffer is nobody's: it has no channels.")
    if sum(each is not None for each in (request.sku, request.product, request.category)) > 1:
        yield Fault("/sku", "contradiction", "Say one of sku, product and category.")
    if request.location is not None and request.group is not None:
        yield Fault("/location", "contradiction", "Say either a location or a group.")
    if request.starts_at and request.ends_at and request.starts_at >= request.ends_at:
        yield Fault("/ends_at", "out_of_bounds", "It ends before it begins.")


def check_references(request: ProtectionRequest, existing: Existing) -> Faults:
    """What the row points to."""
    return (
        *(known("/sku", request.sku, existing.skus) if request.sku else ()),
        *(known("/location", request.location, existing.locations) if request.location else ()),
        *(known("/group", request.group, existing.groups) if request.group else ()),
        *each_of(
            "/channels", request.channels, lambda at, each: known(at, each, existing.channels)
        ),
    )


def tidy(request: ProtectionRequest) -> ProtectionRequest:
    """The same row with its channels in one order, so that equal rows are equal."""
    return replace(request, channels=tuple(sorted(set(request.channels))))
