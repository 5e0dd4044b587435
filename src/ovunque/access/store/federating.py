"""SQL of single sign-on: providers, who somebody is there, and who was sent there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from ovunque.access.model import Flow, Person, Provider, Role
from ovunque.access.store.enrolling import PERSON, person_of
from ovunque.platform.database import Tx
from ovunque.platform.drawers import Drawer

SECRETS = Drawer(table="identity_provider", column="client_secret")
VERIFIERS = Drawer(table="sign_in_flow", column="verifier", keys=("sha256",))
PROVIDER = """
  id, code, name, issuer, client_id, client_secret, login_claim, role_claim, roles, location_claim,
  strength
"""


def add_provider(tx: Tx, provider: Provider, now: datetime) -> bool:
    """Whether neither its code nor its issuer was there."""
    secret = provider.client_secret
    done = tx.execute(
        f"""
        insert into identity_provider ({PROVIDER}, created_at)
        values (%(id)s, %(code)s, %(name)s, %(issuer)s, %(client_id)s, %(client_secret)s,
                %(login_claim)s, %(role_claim)s, %(roles)s, %(location_claim)s, %(strength)s,
                %(now)s)
            on conflict do nothing
        """,
        {
            "id": provider.id,
            "code": provider.code,
            "name": provider.name,
            "issuer": provider.issuer,
            "client_id": provider.client_id,
            "client_secret": secret and SECRETS.seal(secret.encode(), provider.id),
            "login_claim": provider.login_claim,
            "role_claim": provider.role_claim,
            "roles": Jsonb([list(each) for each in provider.roles]),
            "location_claim": provider.location_claim,
            "strength": provider.strength,
            "now": now,
        },
    )
    return done.rowcount == 1


def list_providers(tx: Tx) -> tuple[Provider, ...]:
    rows = tx.execute(f"select {PROVIDER} from identity_provider order by name, code")
    return tuple(map(_provider, rows))


def find_provider(tx: Tx, code: str) -> Provider | None:
    row = tx.execute(
        f"select {PROVIDER} from identity_provider where code = %(code)s", {"code": code}
    ).fetchone()
    return _provider(row) if row else None


def remove_provider(tx: Tx, provider_id: UUID) -> None:
    tx.execute("delete from identity_provider where id = %(id)s", {"id": provider_id})


def _provider(row: Sequence[Any]) -> Provider:
    id_, code, name, issuer, client_id, client_secret, *rest = row
    login_claim, role_claim, roles, location_claim, strength = rest
    return Provider(
        id=id_,
        code=code,
        name=name,
        issuer=issuer,
        client_id=client_id,
        client_secret=client_secret and SECRETS.open(client_secret, id_).decode(),
        login_claim=login_claim,
        role_claim=role_claim,
        roles=tuple((value, Role(role)) for value, role in roles),
        location_claim=location_claim,
        strength=strength,
    )


def add_flow(tx: Tx, sha256: bytes, flow: Flow) -> None:
    tx.execute(
        """
        insert into sign_in_flow (sha256, provider_id, browser, nonce, verifier, person_id, next,
                                  begun_at)
        values (%(sha256)s, %(provider_id)s, %(browser)s, %(nonce)s, %(verifier)s, %(person_id)s,
                %(next)s, %(begun_at)s)
        """,
        {
            "sha256": sha256,
            "provider_id": flow.provider_id,
            "browser": flow.browser,
            "nonce": flow.nonce,
            "verifier": VERIFIERS.seal(flow.verifier.encode(), sha256),
            "person_id": flow.person_id,
            "next": flow.next,
            "begun_at": flow.begun_at,
        },
    )


def remove_flow(tx: Tx, sha256: bytes) -> Flow | None:
    """The flow of a state, gone by now: whoever comes second finds nothing."""
    row = tx.execute(
        """
        delete from sign_in_flow where sha256 = %(sha256)s
        returning provider_id, browser, nonce, verifier, person_id, next, begun_at
        """,
        {"sha256": sha256},
    ).fetchone()
    if row is None:
        return None
    provider_id, browser, nonce, verifier, person_id, next_, begun_at = row
    return Flow(
        provider_id=provider_id,
        browser=bytes(browser),
        nonce=nonce,
        verifier=VERIFIERS.open(verifier, sha256).decode(),
        person_id=person_id,
        next=next_,
        begun_at=begun_at,
    )


def remove_flows(tx: Tx, before: datetime) -> None:
    """Forget who never came back; whoever else forgets them now is not waited for."""
    tx.execute(
        """
        delete from sign_in_flow
         where sha256 in (select sha256 from sign_in_flow where begun_at < %(before)s
                           order by sha256 for update skip locked)
        """,
        {"before": before},
    )


def find_vouched(tx: Tx, provider_id: UUID, subject: str) -> Person | None:
    """Whom a provider means by its subject."""
    row = tx.execute(
        f"""
        select {PERSON} from identity join person on person.id = identity.person_id
         where provider_id = %(provider_id)s and subject = %(subject)s
        """,
        {"provider_id": provider_id, "subject": subject},
    ).fetchone()
    return person_of(row) if row else None


def save_subject(tx: Tx, provider_id: UUID, login: str, subject: str) -> Person | None:
    """Who was let in by this name and comes for the first time: the subject is theirs now."""
    row = tx.execute(
        f"""
        update identity set subject = %(subject)s
          from person
         where person.id = identity.person_id and provider_id = %(provider_id)s
           and subject is null and person.login = %(login)s
        returning {PERSON}
        """,
        {"provider_id": provider_id, "login": login, "subject": subject},
    ).fetchone()
    return person_of(row) if row else None


def add_identity(tx: Tx, provider_id: UUID, person_id: UUID, subject: str | None) -> bool:
    """Whether they were unknown there."""
    done = tx.execute(
        """
        insert into identity (provider_id, person_id, subject)
        values (%(provider_id)s, %(person_id)s, %(subject)s) on conflict do nothing
        """,
        {"provider_id": provider_id, "person_id": person_id, "subject": subject},
    )
    return done.rowcount == 1


def list_vouching(tx: Tx, person_id: UUID) -> frozenset[UUID]:
    """The providers that know somebody."""
    rows = tx.execute(
        "select provider_id from identity where person_id = %(id)s and subject is not null",
        {"id": person_id},
    )
    return frozenset(row[0] for row in rows)


def save_standing(tx: Tx, person: Person) -> None:
    """What somebody does here, and where, as their provider says by now."""
    tx.execute(
        """
        update person set role = %(role)s, location_id = %(location_id)s
         where id = %(id)s
        """,
        {
            "id": person.id,
            "role": person.role,
            "location_id": person.location_id,
        },
    )
