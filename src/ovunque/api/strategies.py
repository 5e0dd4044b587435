"""Strategies: drafted, checked, published now or at a time, and rolled back."""

from fastapi import Response

from ovunque.access.model import Scope
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import NOTHING, IfMatch, create, same, tagged
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.api.strategies_bodies import (
    CheckShown,
    StandingShown,
    StrategyBody,
    StrategyPublicationBody,
    StrategyRollbackBody,
    StrategyTrialEndingBody,
    TrialsShown,
    VersionShown,
    show_finding,
    show_standing,
    show_trial,
    show_version,
    strategy_of,
)
from ovunque.insight import judging
from ovunque.platform.database import Tx
from ovunque.sourcing import publishing
from ovunque.sourcing.model.ruling import Standing
from ovunque.sourcing.publishing import PublishRequest, RollBackRequest
from ovunque.sourcing.rules.findings import Known

router = resource("strategies")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]


@router.get("/strategies", dependencies=READ)
def get_strategies(call: Caller, page: Paging) -> Listed[StandingShown]:
    """Strategies in the order of their codes, with all that was published of each."""
    found = call.read(lambda tx: publishing.list_strategies(tx, page.after or "", page.rows_max))
    return page.show(found, lambda each: show_standing(each, call.now), lambda each: each.code)


@router.post("/strategies", status_code=201, response_model=StandingShown, dependencies=CONFIG)
def post_strategy(body: StrategyBody, call: Caller, once: Once) -> Response:
    """Draft a strategy; one that is there already is left as it is."""
    return create(once, lambda tx: show_standing(save(tx, call, body, NOTHING), call.now))


@router.post(
    "/strategies/{code:path}/checks", status_code=201, response_model=CheckShown, dependencies=READ
)
def post_strategy_check(code: Code, call: Caller, once: Once) -> Response:
    """Look for unreachable and contradicting rules in the draft, or in what was published last."""
    known = known_to(call)

    def work(tx: Tx) -> CheckShown:
        strategy = publishing.find_strategy(tx, code).latest
        found = publishing.findings(tx, strategy, known, call.now)
        return CheckShown(
            publishable=not any(map(publishing.is_error, found)),
            findings=[show_finding(each) for each in found],
        )

    return once.run(work)


@router.post(
    "/strategies/{code:path}/publications",
    status_code=201,
    response_model=VersionShown,
    dependencies=CONFIG,
)
def post_strategy_publication(
    code: Code, body: StrategyPublicationBody, call: Caller, once: Once, seen: IfMatch
) -> Response:
    """The draft counts from an instant on; refused while a check of it finds an error."""
    request = PublishRequest(
        code=code,
        known=known_to(call),
        starts_at=body.starts_at,
        share_percent=body.share_percent,
        expected_edition=seen,
    )
    return once.run(lambda tx: show_version(publishing.publish(tx, call.by, request, call.now)))


@router.post(
    "/strategies/{code:path}/rollbacks",
    status_code=201,
    response_model=VersionShown,
    dependencies=CONFIG,
)
def post_strategy_rollback(
    code: Code, body: StrategyRollbackBody, call: Caller, once: Once
) -> Response:
    """An earlier version counts again, at once, as a new one."""
    request = RollBackRequest(code=code, number=body.version)
    return once.run(lambda tx: show_version(publishing.roll_back(tx, call.by, request, call.now)))


@router.get("/strategies/{code:path}/trials", response_model=TrialsShown, dependencies=READ)
def get_strategy_trials(code: Code, call: Caller) -> TrialsShown:
    """Versions tried by a share of the orders, newest first, with figures of both sides."""
    found = call.read(lambda tx: judging.list_trials(tx, code))
    return TrialsShown(data=[show_trial(each, call.now) for each in found])


@router.post(
    "/strategies/{code:path}/trial-endings",
    status_code=201,
    response_model=StandingShown,
    dependencies=CONFIG,
)
def post_strategy_trial_ending(
    code: Code, body: StrategyTrialEndingBody, call: Caller, once: Once
) -> Response:
    """The trial that runs ends: no order follows it any more, or all do."""

    def work(tx: Tx) -> StandingShown:
        ended = publishing.end_trial(tx, call.by, code, call.now, adopts=body.adopt)
        return show_standing(ended, call.now)

    return once.run(work)


@router.delete("/strategies/{code:path}/draft", status_code=204, dependencies=CONFIG)
def delete_strategy_draft(code: Code, call: Caller) -> None:
    """Drop the draft; what was published goes on counting."""
    call.transact(lambda tx: publishing.discard_draft(tx, call.by, code, call.now))


@router.get("/strategies/{code:path}", response_model=StandingShown, dependencies=READ)
def get_strategy(code: Code, call: Caller) -> Response:
    """One strategy."""
    found = call.read(lambda tx: publishing.find_strategy(tx, code))
    return tagged(show_standing(found, call.now), found.edition)


@router.put("/strategies/{code:path}", response_model=StandingShown, dependencies=CONFIG)
def put_strategy(code: Code, body: StrategyBody, call: Caller, seen: IfMatch) -> Response:
    """Draft a strategy, or replace its draft; `If-Match` guards what somebody else changed."""
    same("/code", body.code, code)
    saved = call.transact(lambda tx: save(tx, call, body, seen))
    return tagged(show_standing(saved, call.now), saved.edition)


def save(tx: Tx, call: Call, body: StrategyBody, seen: int | None) -> Standing:
    return publishing.save_draft(tx, call.by, strategy_of(body), call.now, expected_edition=seen)


def known_to(call: Call) -> Known:
    snapshot = call.services.snapshot()
    return publishing.known_in(snapshot.network, snapshot.delivery)
