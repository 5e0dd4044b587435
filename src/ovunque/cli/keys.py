"""`ovunque keys`: who may use the API, and for what."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

import msgspec
import typer

from ovunque.access import issuing
from ovunque.access.keeping import KeyRequest, create_key, list_keys, revoke_key, token_of
from ovunque.access.model import ApiKey, Scope
from ovunque.cli.session import Session, open_session
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.platform import clock
from ovunque.resealing import open_vault

PAGE_ROWS = 200
EXPIRES_DAYS_MAX = 3_650

commands = typer.Typer(no_args_is_help=True, help="API keys: make, list and revoke them.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="The program it is for.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; repeat for more.")],
    expires_days: Annotated[
        int | None, typer.Option(min=1, max=EXPIRES_DAYS_MAX, help="Days until it ends.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once: only its digest is kept."""
    with open_session() as session:
        now = session.now()
        request = KeyRequest(
            key_id=session.new_id(),
            client_id=session.new_id(),
            client=name,
            secret=clock.new_secret(),
            scopes=frozenset(scope),
            expires_at=now + timedelta(days=expires_days) if expires_days else None,
        )
        key = session.database.transact(lambda tx: create_key(tx, session.actor, request, now))
    token = token_of(request.secret)
    if as_json:
        print_json(told(key) | {"key": token})
        return
    print(token)
    typer.echo(f"{public_id('key', key.id)}: kept as a digest, not shown again.", err=True)


@commands.command("list")
def list_all(as_json: Json = False) -> None:
    """List all keys, oldest first."""
    with open_session() as session:
        keys = list(every_key(session))
        now = session.now()
    if as_json:
        print_json({"data": [told(key) for key in keys]})
        return
    for key in keys:
        ended = key.expires_at is not None and key.expires_at <= now
        state = "revoked" if key.revoked_at else "expired" if ended else "usable"
        scopes = " ".join(sorted(key.scopes))
        print(f"{public_id('key', key.id)}  …{key.hint}  {state:<7}  {key.client}  ({scopes})")


@commands.command()
def revoke(
    key: Annotated[str, typer.Argument(help="Its id, key_…, as the list shows it.")],
) -> None:
    """Revoke a key: within a second no process takes it any more."""
    key_id = parse_public_id("key", key)
    with open_session() as session:
        now = session.now()
        gone = session.database.transact(lambda tx: revoke_key(tx, session.actor, key_id, now))
    print(f"The key …{gone.hint} of {gone.client} is revoked.")


@commands.command("rotate-secret")
def rotate_secret() -> None:
    """Sign short tokens with another secret; those of the one before open until they expire."""
    with open_session() as session:
        now, secret = session.now(), clock.new_seed()
        open_vault(session.database)
        nth = session.database.transact(
            lambda tx: issuing.rotate_secret(tx, session.actor, secret, now)
        )
    print(f"Secret {nth} signs tokens from now on.")


def every_key(session: Session) -> Iterator[ApiKey]:
    after = None
    while keys := session.database.read(partial(list_keys, after=after, keys_max=PAGE_ROWS)):
        yield from keys
        after = keys[-1].id


def told(key: ApiKey) -> dict[str, Any]:
    return {
        "id": public_id("key", key.id),
        "client": key.client,
        "hint": key.hint,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def print_json(document: Any) -> None:
    print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
