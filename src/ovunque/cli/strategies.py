"""`ovunque strategies`: the retailer's rules for sourcing, as files that people keep."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ovunque.api.strategies_bodies import document_of, show_standing, show_trial
from ovunque.cli.session import Session, open_session
from ovunque.cli.trials import describe_trial
from ovunque.delivery import snapshot as delivery_part
from ovunque.insight import judging
from ovunque.integrations.files.strategies import read_strategy, write_strategy
from ovunque.kernel.refusal import Refusal
from ovunque.network import snapshot as network_part
from ovunque.platform.database import Tx
from ovunque.sourcing import publishing
from ovunque.sourcing.model.ruling import Aim, Standing, Strategy, Version
from ovunque.sourcing.publishing import PublishRequest, RollBackRequest
from ovunque.sourcing.rules.findings import Finding, Known, faults_of
from ovunque.sourcing.rules.presets import preset

REFUSED = 1
commands = typer.Typer(no_args_is_help=True, help="Write, check and publish rules for sourcing.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Subject = Annotated[str, typer.Argument(help="A YAML file (- reads it from standard input).")]


@commands.command("list")
def list_strategies(as_json: Json = False) -> None:
    """All strategies: what counts now, what will, what is drafted."""
    with open_session() as session:
        found = session.database.read(lambda tx: publishing.list_strategies(tx, limit=1_000))
        now = session.now()
    if as_json:
        shown = [show_standing(each, now).model_dump(mode="json") for each in found]
        print(msgspec.json.encode(shown).decode())
        return
    for each in found:
        print(line_of(each, now))
    if not found:
        print("No strategies: the objective of each channel decides.")


@commands.command("show")
def show_strategy(
    code: Annotated[str, typer.Argument(help="Its code; or economic, fastest … with --preset.")],
    *,
    version: Annotated[
        int | None, typer.Option(min=1, max=10**9, help="As it was published then.")
    ] = None,
    is_preset: Annotated[bool, typer.Option("--preset", help="One to begin with.")] = False,
    as_json: Json = False,
) -> None:
    """One strategy as YAML: its draft, or what was published last."""
    if is_preset:
        strategy = preset(aim_of(code))
    else:
        with open_session() as session:
            standing = session.database.read(lambda tx: publishing.find_strategy(tx, code))
        strategy = version_of(standing, version)
    if as_json:
        print(msgspec.json.encode(document_of(strategy)).decode())
    else:
        print(write_strategy(strategy), end="")


@commands.command("check")
def check_strategy(subject: Subject, as_json: Json = False) -> None:
    """Look for unreachable and contradicting rules; exit 1 when it cannot be published so."""
    strategy = read(subject)
    publishing.refuse(faults_of(strategy))
    with open_session() as session:
        found = session.database.read(
            lambda tx: publishing.findings(tx, strategy, known_to(tx), session.now())
        )
    if as_json:
        print(msgspec.json.encode([msgspec.to_builtins(each) for each in found]).decode())
    else:
        print("\n".join(map(sentence_of, found)) or "Nothing to be said against it.")
    if any(map(publishing.is_error, found)):
        sys.exit(REFUSED)


@commands.command("publish")
def publish_strategy(
    subject: Subject,
    at: Annotated[str, typer.Option(help='When it begins, such as "2026-12-01T08:00Z".')] = "",
    share: Annotated[
        int, typer.Option(min=1, max=100, help="A trial: so many of a hundred orders.")
    ] = 100,
) -> None:
    """Publish a file, now or at a time: orders follow it from then on, all or a share of them."""
    strategy = read(subject)
    starts_at = instant_of(at)
    with open_session() as session:

        def work(tx: Tx) -> tuple[Version, Sequence[Finding]]:
            publishing.save_draft(tx, session.actor, strategy, session.now())
            known = known_to(tx)
            found = publishing.findings(tx, strategy, known, session.now())
            request = PublishRequest(
                code=strategy.code, known=known, starts_at=starts_at, share_percent=share
            )
            return publishing.publish(tx, session.actor, request, session.now()), found

        version, found = session.database.transact(work)
    for each in found:
        print(sentence_of(each), file=sys.stderr)
    print(published(version, session))


@commands.command("roll-back")
def roll_back_strategy(
    code: Annotated[str, typer.Argument(help="Its code.")],
    to: Annotated[
        int | None, typer.Option(min=1, max=10**9, help="The version; else the one before.")
    ] = None,
) -> None:
    """Bring back what counted before."""
    with open_session() as session:
        request = RollBackRequest(code=code, number=to)
        version = session.database.transact(
            lambda tx: publishing.roll_back(tx, session.actor, request, session.now())
        )
    print(f"{published(version, session)}, as version {version.restores} was")


@commands.command("trials")
def list_trials(
    code: Annotated[str, typer.Argument(help="Its code.")], as_json: Json = False
) -> None:
    """What became of the orders that tried a strategy, beside those that did not."""
    with open_session() as session:
        found = session.database.read(lambda tx: judging.list_trials(tx, code))
        currency = session.database.read(network_part.load).currency
        now = session.now()
    if as_json:
        shown = [show_trial(each, now).model_dump(mode="json") for each in found]
        print(msgspec.json.encode(shown).decode())
        return
    for each in found:
        print("\n".join(describe_trial(each, currency, now)))
    if not found:
        print(f"{code} was never tried by a share of the orders: publish it with --share.")


@commands.command("end-trial")
def end_trial(
    code: Annotated[str, typer.Argument(help="Its code.")],
    *,
    adopt: Annotated[bool, typer.Option(help="From now on all orders follow it.")] = False,
) -> None:
    """End the trial that runs: no order follows it any more, or all do."""
    with open_session() as session:
        ended = session.database.transact(
            lambda tx: publishing.end_trial(tx, session.actor, code, session.now(), adopts=adopt)
        )
        print(line_of(ended, session.now()))


def known_to(tx: Tx) -> Known:
    return publishing.known_in(network_part.load(tx, None), delivery_part.load(tx))


def read(subject: str) -> Strategy:
    """The strategy in a file."""
    if subject == "-":
        return read_strategy(sys.stdin.buffer.read())
    try:
        return read_strategy(Path(subject).read_bytes())
    except OSError as error:
        raise Refusal("invalid", detail=f"{subject}: {error.strerror}.") from None


def aim_of(word: str) -> Aim:
    try:
        return Aim(word.replace("-", "_"))
    except ValueError:
        raise typer.BadParameter(f"{word} is none of {', '.join(Aim)}") from None


def version_of(standing: Standing, number: int | None) -> Strategy:
    if number is None:
        return standing.latest
    for each in standing.versions:
        if each.number == number:
            return each.strategy
    raise Refusal("not_found", what=f"version {number} of {standing.code}")


def instant_of(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        raise typer.BadParameter(f"{text} is no instant, such as 2026-12-01T08:00Z") from None
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


def line_of(standing: Standing, now: datetime) -> str:
    counting = standing.in_force(now)
    told = (
        [f"version {counting.number} since {counting.starts_at:%Y-%m-%d %H:%M}"] if counting else []
    )
    told += [
        f"version {each.number} from {each.starts_at:%Y-%m-%d %H:%M}"
        for each in standing.scheduled(now)
    ]
    trial = standing.trial(now)
    told += [f"version {trial.number} for {trial.share_percent} % of orders"] if trial else []
    told += [f"draft by {standing.drafted_by}"] if standing.draft else []
    return f"{standing.code:<24} {standing.latest.name:<32} {', '.join(told)}"


def sentence_of(finding: Finding) -> str:
    where = f"step {finding.step}" if finding.step else finding.pointer
    return f"{finding.severity}: {where}: {finding.detail}"


def published(version: Version, session: Session) -> str:
    at = version.starts_at
    when = "counts now" if at <= session.now() else f"counts from {at:%Y-%m-%d %H:%M} UTC"
    when += f" for {version.share_percent} % of orders" if version.is_trial else ""
    return f"{version.strategy.code} version {version.number} {when}"
