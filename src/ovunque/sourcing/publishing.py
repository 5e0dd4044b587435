"""Strategies are drafted, published now or at a time, and rolled back; the journal names who."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ovunque.access.model import Actor
from ovunque.delivery.snapshot import DeliveryView
from ovunque.kernel import rows
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.text import is_code
from ovunque.network.snapshot import NetworkView
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.sourcing.model.ruling import ALL_PERCENT, Standing, Strategy, Version
from ovunque.sourcing.rules.findings import Finding, Known, Severity, check, faults_of
from ovunque.sourcing.rules.strategy import in_force
from ovunque.sourcing.steering import CHANGED as PUBLISHED
from ovunque.sourcing.steering import TRIAL_ENDED
from ovunque.sourcing.store import ruling as store

DRAFTED = "strategy.drafted"
DISCARDED = "strategy.discarded"
LIMIT_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRequest:
    """The draft of a strategy, to count from an instant on; none: at once.

    With a share below 100 it is a trial: so many of a hundred orders follow it.
    """

    code: str
    known: Known
    starts_at: datetime | None = None
    share_percent: int = ALL_PERCENT
    expected_edition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBackRequest:
    """A version to bring back; none: the one that counted before."""

    code: str
    number: int | None = None


def find_strategy(tx: Tx, code: str) -> Standing:
    found = store.list_strategies(tx, "", 1, [code]) if is_code(code) else ()
    if not found:
        raise Refusal("not_found", what=f"strategy {code[:64]}")
    return found[0]


def list_strategies(tx: Tx, after: str = "", limit: int = 100) -> tuple[Standing, ...]:
    """Strategies behind a code, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_strategies(tx, after, limit)


def save_draft(
    tx: Tx, by: Actor, strategy: Strategy, now: datetime, *, expected_edition: int | None = None
) -> Standing:
    """Create a strategy or replace its draft; nothing counts before it is published."""
    refuse(faults_of(strategy))
    standing = _lock(tx, strategy.code)
    edition = standing.edition if standing else 0
    if expected_edition is not None and edition != expected_edition:
        raise Refusal("version_conflict", expected=expected_edition, version=edition)
    if standing is None or standing.draft != strategy:
        store.save_draft(tx, strategy, by.name, now)
        tell(tx, DRAFTED, strategy.code, {"edition": edition + 1}, by=by, now=now)
    return find_strategy(tx, strategy.code)


def discard_draft(tx: Tx, by: Actor, code: str, now: datetime) -> None:
    """Drop the draft; a strategy of which nothing was published is gone with it."""
    standing = _lock(tx, code)
    if standing is None or standing.draft is None:
        raise Refusal("not_found", what=f"draft of {code[:64]}")
    if store.count_versions(tx, code):
        store.remove_draft(tx, code)
    else:
        store.remove_strategy(tx, code)
    tell(tx, DISCARDED, code, {}, by=by, now=now)


def publish(tx: Tx, by: Actor, request: PublishRequest, now: datetime) -> Version:
    """The draft counts, now or later, for all or a share; refused while a check finds an error."""
    refuse(rows.within("/share_percent", request.share_percent, 1, ALL_PERCENT))
    standing = _lock(tx, request.code)
    if standing is None or standing.draft is None:
        raise Refusal("not_found", what=f"draft of {request.code[:64]}")
    if request.expected_edition not in (None, standing.edition):
        raise Refusal(
            "version_conflict", expected=request.expected_edition, version=standing.edition
        )
    errors = [each for each in findings(tx, standing.draft, request.known, now) if is_error(each)]
    refuse([Fault(each.pointer, each.code, each.detail) for each in errors])
    starts_at, share = max(request.starts_at or now, now), request.share_percent
    version = _version(tx, by, standing.draft, starts_at, now, share=share)
    followed = [each.starts_at for each in standing.scheduled(starts_at) if not each.is_trial]
    if version.is_trial and followed:  # What begins later ends it, as it would any other.
        store.save_trials_ended(tx, request.code, min(followed))
    store.remove_draft(tx, request.code)
    return version


def roll_back(tx: Tx, by: Actor, request: RollBackRequest, now: datetime) -> Version:
    """An earlier version counts again, as a new one; what was to begin later is withdrawn."""
    standing = _lock(tx, request.code)
    counting = standing.in_force(now) if standing else None
    if standing is None or counting is None:
        raise Refusal("not_found", what=f"version of {request.code[:64]} in force")
    known = {
        each.number: each
        for each in standing.versions
        if each.starts_at <= now and not each.is_trial
    }
    earlier = [number for number in known if number < counting.number]
    number = request.number or max(earlier, default=0)
    if number not in known or number == counting.number:
        raise Refusal("not_found", what=f"earlier version of {request.code[:64]}")
    withdrawn = list(store.remove_scheduled(tx, request.code, now))
    return _version(tx, by, known[number].strategy, now, now, restores=number, withdrawn=withdrawn)


def end_trial(tx: Tx, by: Actor, code: str, now: datetime, *, adopts: bool = False) -> Standing:
    """No order follows the trial any more; or, when it is adopted, all do."""
    standing = _lock(tx, code)
    trial = standing.trial(now) if standing else None
    if trial is None:
        raise Refusal("not_found", what=f"trial of {code[:64]} that runs")
    store.save_trials_ended(tx, code, now)
    body = {"version": trial.number, "adopted": adopts}
    tell(tx, TRIAL_ENDED, code, body, by=by, now=now)
    if adopts:
        _version(tx, by, trial.strategy, now, now, restores=trial.number)
    return find_strategy(tx, code)


def _version(
    tx: Tx,
    by: Actor,
    strategy: Strategy,
    starts_at: datetime,
    now: datetime,
    *,
    restores: int | None = None,
    withdrawn: Sequence[int] = (),
    share: int = ALL_PERCENT,
) -> Version:
    """A new one; what is tried ends when it begins."""
    version = Version(
        number=store.count_versions(tx, strategy.code) + 1,
        strategy=strategy,
        published_at=now,
        published_by=by.name,
        starts_at=starts_at,
        restores=restores,
        share_percent=share,
    )
    store.save_trials_ended(tx, strategy.code, starts_at)
    store.add_version(tx, version)
    body: dict[str, Any] = {"version": version.number, "starts_at": starts_at}
    body |= {"share_percent": share} if version.is_trial else {}
    body |= {"restores": restores, "withdrawn": list(withdrawn)} if restores else {}
    tell(tx, PUBLISHED, strategy.code, body, by=by, now=now)
    return version


def findings(tx: Tx, strategy: Strategy, known: Known, now: datetime) -> tuple[Finding, ...]:
    """What a check finds, beside all others that count now or will."""
    others = [each.strategy for each in in_force(store.list_counting(tx), now)]
    return check(strategy, known, others)


def is_error(finding: Finding) -> bool:
    return finding.severity == Severity.ERROR


def known_in(network: NetworkView, delivery: DeliveryView) -> Known:
    """What exists, for a check to compare with."""
    keys = [each.key for each in delivery.services]
    return Known(
        channels=network.channels.keys(),
        groups={group for each in network.locations for group in each.groups},
        locations=network.by_code.keys(),
        carriers={key.carrier for key in keys} | set(map(str, keys)),
    )


def refuse(faults: Sequence[Fault]) -> None:
    if faults:
        detail = f"{faults[0].pointer}: {faults[0].detail}"
        raise Refusal("invalid", errors=tuple(faults), detail=detail)


def tell(
    tx: Tx, kind: str, code: str, body: Mapping[str, Any], *, by: Actor, now: datetime
) -> None:
    fact = Fact(kind=kind, subject=code, body=msgspec.to_builtins(dict(body)))
    journal.record(tx, [fact], by=by.name, at=now)


def _lock(tx: Tx, code: str) -> Standing | None:
    if not is_code(code) or not store.lock_strategy(tx, code):
        return None
    return find_strategy(tx, code)
