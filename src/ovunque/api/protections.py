"""Protection: what keeps units from channels, and what it would take from sale."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Query, Response
from pydantic import Field, Strict, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Name, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import NOTHING, IfMatch, as_request, create, same, tagged
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.platform.database import Tx
from ovunque.sourcing.previewing import Change, Preview, preview
from ovunque.stock import protecting
from ovunque.stock.model import Protection, ProtectionFilter, ProtectionRequest, RuleKind

router = resource("stock")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]
UNITS_MAX = 1_000_000
CHANNELS_MAX = 250
RULES_MAX = 100
CHANGES_MAX = 1_000

Fragment = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ProtectionBody(Body):
    """One of sku, product, category at most, one of location, group at most; none: all."""

    code: Code
    kind: Annotated[RuleKind, Strict(False)] = Field(
        description="buffer: nobody sells it; share: kept for channels; stop: nothing is sold; "
        "listing: nothing is sold but from `starts_at` until `ends_at`."
    )
    units: int | None = Field(default=None, ge=0, le=UNITS_MAX)
    percent: int | None = Field(
        default=None, ge=0, le=100, description="Of on-hand, rounded up; with units the greater."
    )
    sku: Code | None = None
    product: Name | None = None
    category: Name | None = None
    location: Code | None = None
    group: Code | None = None
    channels: list[Code] = Field(
        default=[],
        max_length=CHANNELS_MAX,
        description="A share's: for whom. A stop's or listing's: whose sales; none: everybody's.",
    )
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class ProtectionAnswer(Shown):
    code: str
    kind: RuleKind
    units: int | None
    percent: int | None
    sku: str | None
    product: str | None
    category: str | None
    location: str | None
    group: str | None
    channels: list[str]
    starts_at: Instant | None
    ends_at: Instant | None
    version: int


class PreviewBody(Body):
    """Rules as they would be set, and the codes of those that would be taken away."""

    protections: list[ProtectionBody] = Field(default=[], max_length=RULES_MAX)
    removed: list[Code] = Field(default=[], max_length=RULES_MAX)


class ChangeShown(Shown):
    """Units that the channel may sell of the item now, and could sell then."""

    channel: str
    sku: str
    before: int
    after: int


class TotalShown(Shown):
    channel: str
    before: int
    after: int


class PreviewShown(Shown):
    """What would change: over all items by channel, and item by item, greatest losses first."""

    version: str
    totals: list[TotalShown]
    changes: list[ChangeShown]
    complete: bool = Field(description="Whether all changes are shown and counted.")


@router.get("/stock/protections", dependencies=READ)
def get_protections(
    call: Caller,
    page: Paging,
    sku: Annotated[Code | None, Query()] = None,
    kind: Annotated[RuleKind | None, Query()] = None,
    q: Annotated[
        Fragment | None, Query(description="Any fragment of a code, or of what a rule is about.")
    ] = None,
) -> Listed[ProtectionAnswer]:
    """Rules of protection in the order of their codes."""
    places = call.services.snapshot().network.places_called(q) if q else ()
    asked = ProtectionFilter(sku=sku, kind=kind, q=q, places=places)
    found = call.read(
        lambda tx: protecting.list_protections(tx, page.after or "", page.rows_max, asked)
    )
    return page.show(found, show_protection, lambda each: each.code)


@router.post(
    "/stock/protections", status_code=201, response_model=ProtectionAnswer, dependencies=CONFIG
)
def post_protection(body: ProtectionBody, call: Caller, once: Once) -> Response:
    """Protect units; a rule that is there already is left as it is."""
    return create(once, lambda tx: show_protection(save(tx, call, body, NOTHING)))


@router.post("/stock/protection-previews", status_code=201, dependencies=READ)
def post_preview(body: PreviewBody, call: Caller, once: Once) -> PreviewShown:
    """Say which units would leave sale, or come back to it: nothing is written."""
    snapshot = call.services.snapshot()
    asked = [as_protection(each) for each in body.protections]

    def work(tx: Tx) -> PreviewShown:
        rules = protecting.rules_of(tx, asked)
        return show_preview(
            preview(tx, snapshot, rules, body.removed, call.now), str(snapshot.version)
        )

    return once.run(work)  # type: ignore[return-value]


@router.get("/stock/protections/{code:path}", response_model=ProtectionAnswer, dependencies=READ)
def get_protection(code: Code, call: Caller) -> Response:
    """One rule of protection."""
    found = call.read(lambda tx: protecting.find_protection(tx, code))
    return tagged(show_protection(found), found.version)


@router.put("/stock/protections/{code:path}", response_model=ProtectionAnswer, dependencies=CONFIG)
def put_protection(code: Code, body: ProtectionBody, call: Caller, seen: IfMatch) -> Response:
    """Protect units, or replace the rule; `If-Match` guards what somebody else changed."""
    same("/code", body.code, code)
    saved = call.transact(lambda tx: save(tx, call, body, seen))
    return tagged(show_protection(saved), saved.version)


@router.delete("/stock/protections/{code:path}", status_code=204, dependencies=CONFIG)
def delete_protection(code: Code, call: Caller) -> None:
    """Take the rule away: its units are on sale again."""
    call.transact(lambda tx: protecting.remove_protection(tx, call.by, code, call.now))


def save(tx: Tx, call: Call, body: ProtectionBody, seen: int | None) -> Protection:
    asked = as_protection(body)
    return protecting.save_protection(tx, call.by, asked, call.now, expected_version=seen)


def as_protection(body: ProtectionBody) -> ProtectionRequest:
    return as_request(ProtectionRequest, body, starts_at=body.starts_at, ends_at=body.ends_at)


def show_protection(protection: Protection) -> ProtectionAnswer:
    return ProtectionAnswer(**asdict(protection))


def show_preview(found: Preview, version: str) -> PreviewShown:
    shown = found.changes[:CHANGES_MAX]
    return PreviewShown(
        version=version,
        totals=[
            TotalShown(channel=each.channel, before=each.before, after=each.after)
            for each in found.totals
        ],
        changes=[show_change(each) for each in shown],
        complete=found.is_complete and len(shown) == len(found.changes),
    )


def show_change(change: Change) -> ChangeShown:
    return ChangeShown(
        channel=change.channel, sku=change.sku, before=change.before, after=change.after
    )
