"""Who may enter: passwords, sessions, tries, and what is kept of them."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tests.factories import NOW, TESTER
from tests.shops import open_shop
from typer.testing import CliRunner

from ovunque.access.binding import (
    DeviceRequest,
    PinRequest,
    bind_device,
    enter_by_pin,
    revoke_device,
    save_pin,
)
from ovunque.access.enrolling import (
    PasswordRequest,
    PersonRequest,
    Preferences,
    change_password,
    create_person,
    disable_person,
    find_person,
    list_people,
    save_preferences,
)
from ovunque.access.entering import SignInRequest, enter, find_session, knock, sign_in, sign_out
from ovunque.access.hashing import conceal
from ovunque.access.model import Language, Person, Role, Scope, Theme
from ovunque.access.proving import begin_factor, confirm_factor, count_try, has_factor
from ovunque.access.rules import (
    ACCOUNT_TRIES_MAX,
    ADDRESS_TRIES_MAX,
    CODE_TRIES_MAX,
    TRIES_WINDOW,
    code_at,
)
from ovunque.cli.users import commands
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.clock import new_secret
from ovunque.platform.database import Database, Link, Tx
from ovunque.platform.embedded import wait_until

PASSWORD = "a password of some length"
BEGINNING = journal.Cursor(1, 0, 0)


def enroll(
    database: Database, login: str = "chiara", role: Role = Role.CARE, at: UUID | None = None
) -> Person:
    request = PersonRequest(
        id=UUID(int=hash(login) % 2**64),
        login=login,
        name=login.title(),
        role=role,
        secret=conceal(PASSWORD, b"0123456789abcdef"),
        location_id=at,
    )
    return database.transact(lambda tx: create_person(tx, TESTER, request, NOW))


def knocking(
    login: str = "chiara", password: str = PASSWORD, address: str = "::1"
) -> SignInRequest:
    return SignInRequest(
        login=login,
        password=password,
        address=address,
        token=new_secret(),
        session_id=uuid4(),
    )


def refused(database: Database, request: SignInRequest, now: datetime = NOW) -> str:
    with pytest.raises(Refusal) as refusal:
        sign_in(database, request, now)
    return refusal.value.code


def test_a_name_and_its_password_open_a_session(database: Database) -> None:
    chiara = enroll(database)
    request = knocking("Chiara ")

    session = sign_in(database, request, NOW)

    assert session.person == chiara
    assert find_session(database, request.token, NOW) == session
    assert find_session(database, new_secret(), NOW) is None
    assert chiara.actor.name == "chiara"
    assert chiara.actor.may(Scope.ORDERS)
    assert not chiara.actor.may(Scope.CONFIG)


def test_wrong_names_and_wrong_passwords_are_refused_alike(database: Database) -> None:
    enroll(database)
    for request in (
        knocking(password=PASSWORD + "!"),
        knocking("nobody"),
        knocking("nobody\0"),
        knocking(password=""),
    ):
        assert refused(database, request) == "sign_in_failed"


def test_neither_password_nor_token_is_kept(database: Database) -> None:
    enroll(database)
    request = knocking()
    sign_in(database, request, NOW)
    kept = database.read(
        lambda tx: tx.execute(
            "select (select array_agg(person::text) from person)::text,"
            " (select array_agg(session::text) from session)::text"
        ).fetchone()
    )
    facts = database.read(lambda tx: journal.read(tx, BEGINNING, 10))

    assert PASSWORD not in str(kept)
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in str(kept)
    assert request.token not in str(kept)
    assert [fact.kind for fact in facts] == ["person.created", "person.signed_in"]


def test_who_tries_too_often_waits(database: Database) -> None:
    enroll(database)
    for _ in range(ACCOUNT_TRIES_MAX):
        assert refused(database, knocking(password="wrong")) == "sign_in_failed"

    assert refused(database, knocking()) == "sign_in_throttled"
    assert refused(database, knocking(), NOW + TRIES_WINDOW) == "sign_in_throttled"

    later = NOW + TRIES_WINDOW + timedelta(seconds=1)
    sign_in(database, knocking(), later)
    for _ in range(ACCOUNT_TRIES_MAX - 1):
        assert refused(database, knocking(password="wrong"), later) == "sign_in_failed"


def test_an_address_that_tries_many_names_waits(database: Database) -> None:
    enroll(database)
    tries = [(f"address:{at}", ADDRESS_TRIES_MAX, NOW) for at in ("::1", "::2")]
    with database._connection() as tx:
        tx.cursor().executemany("insert into sign_in_try values (%s, %s, %s)", tries[:1])

    assert refused(database, knocking(address="::1")) == "sign_in_throttled"
    assert sign_in(database, knocking(address="::2"), NOW).person.login == "chiara"


def test_a_session_ends_by_itself(database: Database) -> None:
    enroll(database)
    request = knocking()
    sign_in(database, request, NOW)
    hours = [NOW + timedelta(hours=count) for count in range(0, 15, 3)]

    assert all(find_session(database, request.token, at) for at in hours[:4])
    assert find_session(database, request.token, hours[4]) is None
    assert find_session(database, request.token, NOW) is None

    idle = knocking()
    sign_in(database, idle, NOW)
    assert find_session(database, idle.token, NOW + timedelta(hours=4)) is None


def test_who_leaves_is_out(database: Database) -> None:
    enroll(database)
    first, second, third = knocking(), knocking(), knocking()
    for request in (first, second):
        sign_in(database, request, NOW)
    session = find_session(database, first.token, NOW)
    assert session is not None

    database.transact(lambda tx: sign_out(tx, session, first.token, NOW))
    assert find_session(database, first.token, NOW) is None
    assert find_session(database, second.token, NOW) is not None

    changed = PasswordRequest(login="chiara", secret=conceal("quite another one", b"0" * 16))
    database.transact(lambda tx: change_password(tx, TESTER, changed, NOW))
    assert find_session(database, second.token, NOW) is None
    assert refused(database, third) == "sign_in_failed"

    sign_in(database, knocking(password="quite another one"), NOW)
    database.transact(lambda tx: disable_person(tx, TESTER, "chiara", NOW))
    assert refused(database, knocking(password="quite another one")) == "sign_in_failed"


def test_a_person_is_entered_whole_or_not_at_all(database: Database) -> None:
    enroll(database)
    with pytest.raises(Refusal, match="already_exists"):
        enroll(database)
    with pytest.raises(Refusal, match="works at one location"):
        enroll(database, "marta", Role.ASSOCIATE)
    with pytest.raises(Refusal, match="for all locations"):
        enroll(database, "oliver", Role.ADMIN, UUID(int=1))
    with pytest.raises(Refusal, match="login"):
        enroll(database, "Marta Colombo")
    with pytest.raises(Refusal, match="not_found"):
        database.read(lambda tx: find_person(tx, "marta"))


def test_preferences_are_kept(database: Database) -> None:
    chiara = enroll(database)
    wanted = Preferences(language=Language.ITALIAN, theme=Theme.DARK)
    database.transact(lambda tx: save_preferences(tx, chiara.actor, wanted))

    (found,) = database.read(list_people)
    assert (found.language, found.theme) == (Language.ITALIAN, Theme.DARK)


def test_the_command_line_enters_people(
    database_url: str, new_id: NewId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    run = CliRunner().invoke
    made = run(commands, ["create", "ada", "--role", "admin"], input="open sesame\n")
    assert made.exit_code == 0, made.output
    assert run(commands, ["create", "eve", "--role", "admin"], input="short\n").exception
    assert "ada" in run(commands, ["list"]).output
    assert run(commands, ["password", "ada"], input="another sesame\n").exit_code == 0
    assert run(commands, ["disable", "ada"]).exit_code == 0
    assert "left" in run(commands, ["list"]).output
    (ada,) = json.loads(run(commands, ["list", "--json"]).stdout)["data"]
    assert (ada["login"], ada["role"], ada["location"]) == ("ada", "admin", None)
    assert ada["disabled_at"] > ada["created_at"]


def somebody_waits(database: Database) -> bool:
    """A transaction stands at a lock of another."""
    row = database.read(
        lambda tx: tx.execute(
            "select exists (select from pg_stat_activity where wait_event_type = 'Lock')"
        ).fetchone()
    )
    return row is not None and row[0]


def after(database: Database, first: Callable[[Tx], object], then: Callable[[], object]) -> str:
    """What is said to whoever comes while the first has not committed; nothing: they are in."""
    with Link.connect(database.conninfo) as tx, ThreadPoolExecutor(1) as other:
        first(tx)
        coming = other.submit(then)
        assert wait_until(lambda: somebody_waits(database), seconds=10)
        tx.commit()
        try:
            coming.result(10)
        except Refusal as refusal:
            return refusal.code
    return ""


def test_a_password_that_is_changed_while_it_is_compared_opens_nothing(database: Database) -> None:
    chiara = enroll(database)
    request = knocking()
    person, kept = database.transact(lambda tx: knock(tx, request, NOW))
    assert person == chiara
    newer = PasswordRequest(login="chiara", secret=conceal("tre gatti neri", b"0" * 16))
    said = after(
        database,
        lambda tx: change_password(tx, TESTER, newer, NOW),
        lambda: database.transact(lambda tx: enter(tx, (chiara, kept), request, NOW)),
    )
    assert said == "sign_in_failed"
    assert find_session(database, request.token, NOW) is None


def test_who_comes_in_while_a_second_factor_is_confirmed_is_asked_for_it(
    database: Database,
) -> None:
    chiara = enroll(database)
    inside, request = knocking(), knocking()
    session = sign_in(database, inside, NOW)
    factor = database.transact(lambda tx: begin_factor(tx, chiara, b"k" * 20))
    code = code_at(factor.secret, int(NOW.timestamp()) // 30)
    _, kept = database.transact(lambda tx: knock(tx, request, NOW))
    said = after(
        database,
        lambda tx: confirm_factor(tx, session, code, (), NOW),
        lambda: database.transact(lambda tx: enter(tx, (chiara, kept), request, NOW)),
    )
    assert said == ""
    found = find_session(database, request.token, NOW)
    assert found is not None
    assert found.is_half


def test_who_tries_at_the_same_moment_is_counted_too(database: Database) -> None:
    for _ in range(CODE_TRIES_MAX - 1):
        database.transact(lambda tx: count_try(tx, "code:chiara", NOW))
    said = after(
        database,
        lambda tx: count_try(tx, "code:chiara", NOW),
        lambda: database.transact(lambda tx: count_try(tx, "code:chiara", NOW)),
    )
    assert said == "sign_in_throttled"


def test_a_device_that_is_revoked_while_a_pin_is_compared_stays_closed(
    database: Database, new_id: NewId
) -> None:
    with open_shop(database, new_id, {("L000", "COAT"): 1}) as shop:
        at = shop.location("L000")
    lina = enroll(database, "lina", Role.ASSOCIATE, at)
    pin = conceal("204816", b"0" * 16)
    database.transact(lambda tx: save_pin(tx, lina, pin, NOW))
    asked = DeviceRequest(id=new_id(), name="Tablet", location_id=at, token=new_secret())
    device = database.transact(lambda tx: bind_device(tx, TESTER, asked, NOW))
    request = PinRequest(
        device=device,
        login="lina",
        pin="204816",
        session_id=new_id(),
        address="::1",
        agent="",
        token=new_secret(),
    )
    said = after(
        database,
        lambda tx: revoke_device(tx, TESTER, device.id, NOW),
        lambda: enter_by_pin(database, request, NOW),
    )
    assert said == "sign_in_failed"
    assert find_session(database, request.token, NOW) is None


def test_a_second_factor_that_is_confirmed_is_not_shown_again_at_the_same_moment(
    database: Database,
) -> None:
    chiara = enroll(database)
    session = sign_in(database, knocking(), NOW)
    factor = database.transact(lambda tx: begin_factor(tx, chiara, b"k" * 20))
    code = code_at(factor.secret, int(NOW.timestamp()) // 30)
    said = after(
        database,
        lambda tx: confirm_factor(tx, session, code, (), NOW),
        lambda: database.transact(lambda tx: begin_factor(tx, chiara, b"l" * 20)),
    )
    assert said == "second_factor_there"
    assert database.read(lambda tx: has_factor(tx, chiara)), "it is asked for"
