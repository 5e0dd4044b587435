"""Customers on a real database: one profile for each person, however many name them at once."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from random import Random
from uuid import UUID

import pytest
from psycopg.errors import SerializationFailure
from tests.factories import NOW, TESTER

from ovunque.customers import listing
from ovunque.customers.knowing import add_contacts, introduce, know, look_up
from ovunque.customers.model import Contact, Customer, CustomerRequest
from ovunque.customers.saving import save_customer, save_customers
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.rows import Saved
from ovunque.platform.database import Database, Tx

ADA = CustomerRequest(
    external_id="7", email="Ada@Example.org", name="Ada Rossi", phone="+39 02 1234", language="it"
)
BEN = CustomerRequest(email="ben@example.org", name="Ben")


def person(external_id: str | None, email: str | None) -> CustomerRequest:
    return CustomerRequest(external_id=external_id, email=email, name="Somebody")


def known(database: Database, new_id: NewId, *people: CustomerRequest) -> tuple[UUID, ...]:
    return database.transact(lambda tx: know(tx, people, NOW, new_id))


def save(database: Database, new_id: NewId, *rows: CustomerRequest) -> Saved:
    return database.transact(lambda tx: save_customers(tx, TESTER, rows, NOW, new_id))


def faults(database: Database, new_id: NewId, *rows: CustomerRequest) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as caught:
        save(database, new_id, *rows)
    assert caught.value.code == "invalid"
    return [(each.pointer, each.code) for each in caught.value.errors]


def profiles(database: Database) -> tuple[Customer, ...]:
    return database.read(lambda tx: listing.list_customers(tx, limit=1_000))


def keys(database: Database) -> set[str]:
    return database.read(lambda tx: {key for (key,) in tx.execute("select key from customer_key")})


def test_a_person_is_known_again(database: Database, new_id: NewId) -> None:
    ada, ben = known(database, new_id, ADA, BEN)
    assert ada != ben
    again = [
        person("7", None),
        person(None, "ada@EXAMPLE.ORG"),
        person("8", "ada@example.org"),
        person("7", "other@example.org"),
        person(None, "BEN@example.org"),
    ]
    assert known(database, new_id, *again) == (ada, ada, ada, ada, ben)
    found = database.read(lambda tx: listing.find_customer(tx, ada))
    assert all(getattr(found, each.name) == getattr(ADA, each.name) for each in fields(ADA))
    assert (found.version, found.created_at) == (1, NOW)
    assert len(profiles(database)) == 2


def test_two_orders_of_a_newcomer_in_one_batch_are_one_persons(
    database: Database, new_id: NewId
) -> None:
    ids = known(
        database, new_id, ADA, replace(ADA, external_id=None), BEN, replace(ADA, email=None)
    )
    assert len(set(ids)) == 2
    assert ids[0] == ids[1] == ids[3]


def test_an_order_does_not_overwrite_a_profile(database: Database, new_id: NewId) -> None:
    (ada,) = known(database, new_id, ADA)
    known(database, new_id, replace(ADA, name="A. R.", phone=None, email="new@example.org"))
    assert database.read(lambda tx: listing.find_customer(tx, ada)).name == "Ada Rossi"


def test_nobody_is_nobody(database: Database, new_id: NewId) -> None:
    assert known(database, new_id) == ()


def crowd(seed: int) -> list[CustomerRequest]:
    """People named by overlapping keys: e-mails of one order, external ids of another."""
    rng = Random(seed)
    people = []
    for nth in rng.sample(range(120), 90):
        external_id = rng.choice([None, f"{nth}", f"{rng.randrange(120)}"])
        email = rng.choice([None, f"p{nth}@x.org", f"P{rng.randrange(120)}@x.org"])
        people.append(person(external_id, email or (None if external_id else f"p{nth}@x.org")))
    return people


def test_a_crowd_that_orders_at_once_is_known_once(database: Database, new_id: NewId) -> None:
    """Eight writers, the same people by different keys in different orders, no deadlock."""
    batches = [crowd(seed) for seed in range(48)]

    def order(batch: Sequence[CustomerRequest]) -> tuple[UUID, ...]:
        with database.connect() as connection, connection.transaction():
            return know(connection, batch, NOW, new_id)  # A deadlock is not repeated here.

    with ThreadPoolExecutor(8) as writers:
        told = list(writers.map(order, batches))
    standing = {each.id: each for each in profiles(database)}
    owners: dict[str, UUID] = database.read(
        lambda tx: dict(tx.execute("select key, customer_id from customer_key").fetchall())
    )
    assert set(owners.values()) == standing.keys()
    for batch, ids in zip(batches, told, strict=True):
        assert len(ids) == len(batch)
        assert set(ids) <= standing.keys()
    for each in standing.values():
        if each.external_id:
            assert owners[f"external_id:{each.external_id}"] == each.id
        if each.email:
            assert owners[f"email:{each.email.lower()}"] == each.id
    for batch in batches:
        assert known(database, new_id, *batch) == known(database, new_id, *batch)
    assert len(profiles(database)) == len(standing)


def test_the_same_newcomers_in_every_batch_get_one_id_each(
    database: Database, new_id: NewId
) -> None:
    people = [person(f"{nth}", f"p{nth}@x.org") for nth in range(60)]

    def order(seed: int) -> dict[str, UUID]:
        shuffled = Random(seed).sample(people, len(people))
        with database.connect() as connection, connection.transaction():
            ids = know(connection, shuffled, NOW, new_id)
        return {str(each.email): id_ for each, id_ in zip(shuffled, ids, strict=True)}

    with ThreadPoolExecutor(8) as writers:
        first, *others = writers.map(order, range(24))
    assert all(each == first for each in others)
    assert len(profiles(database)) == len(set(first.values())) == 60


def test_who_becomes_known_while_we_wait_is_recognized(database: Database, new_id: NewId) -> None:
    """The other one takes the external id only: our e-mail then belongs to somebody new."""
    with database.connect() as other, ThreadPoolExecutor(1) as waiting:
        with other.transaction():
            (theirs,) = know(other, [person("7", None)], NOW, new_id)
            asked = [person("7", "a@x.org"), person(None, "a@x.org")]
            ours = waiting.submit(known, database, new_id, *asked)
            wait_for_a_lock(database)
        first, second = ours.result()
    assert first == theirs
    assert second != theirs
    assert {each.id for each in profiles(database)} == {first, second}
    assert keys(database) == {"external_id:7", "email:a@x.org"}


def test_who_is_made_known_meanwhile_lets_the_batch_start_again(
    database: Database, new_id: NewId
) -> None:
    people = [person("7", "a@x.org")]

    def order(tx: Tx, found: Mapping[str, UUID]) -> tuple[UUID, ...]:
        return introduce(tx, people, found, NOW, new_id)

    before = database.read(lambda tx: look_up(tx, people)())
    (theirs,) = known(database, new_id, *people)
    with database.connect() as ours:
        with pytest.raises(SerializationFailure), ours.transaction():
            order(ours, before)
        assert order(ours, look_up(ours, people)()) == (theirs,)
    assert [each.id for each in profiles(database)] == [theirs]


def wait_for_a_lock(database: Database) -> None:
    """Until somebody waits for somebody: the moment the race is about."""
    waiting = "select exists (select from pg_locks where not granted)"
    for _ in range(100_000):
        if database.read(lambda tx: tx.execute(waiting).fetchone()) == (True,):
            return
    raise AssertionError("nobody ever waited")


def test_profiles_are_created_replaced_or_left_alone(database: Database, new_id: NewId) -> None:
    assert save(database, new_id, ADA, BEN) == Saved(created=2)
    assert save(database, new_id, BEN, ADA) == Saved(unchanged=2)
    older = replace(ADA, email="ada@new.org", phone=None)
    carl = CustomerRequest(external_id="9", name="Carl")
    assert save(database, new_id, older, carl, BEN) == Saved(created=1, changed=1, unchanged=1)
    assert keys(database) == {
        "external_id:7",
        "email:ada@new.org",
        "email:ben@example.org",
        "external_id:9",
    }
    ada = next(each for each in profiles(database) if each.name == "Ada Rossi")
    assert (ada.email, ada.phone, ada.version) == ("ada@new.org", None, 2)


def test_facts_of_customers_hold_no_contact_data(database: Database, new_id: NewId) -> None:
    save(database, new_id, ADA, BEN)
    save(database, new_id, replace(BEN, name="Benno"))
    told = database.read(
        lambda tx: tx.execute("select kind, body from journal order by position").fetchall()
    )
    ada, ben = (str(each.id) for each in profiles(database))
    assert told == [("customer.changed", {"ids": [ada, ben]}), ("customer.changed", {"ids": [ben]})]


def test_an_external_id_comes_later_and_stays(database: Database, new_id: NewId) -> None:
    (ben,) = known(database, new_id, BEN)
    assert save(database, new_id, replace(BEN, external_id="B")) == Saved(changed=1)
    assert save(database, new_id, BEN) == Saved(unchanged=1)
    assert known(database, new_id, person("B", None)) == (ben,)
    assert save(database, new_id, replace(BEN, name="Benno")) == Saved(changed=1)
    found = database.read(lambda tx: listing.find_customer(tx, ben))
    assert (found.name, found.external_id) == ("Benno", "B")


def test_all_faults_of_a_batch_are_told_and_nothing_is_saved(
    database: Database, new_id: NewId
) -> None:
    save(database, new_id, ADA, BEN)
    assert faults(
        database,
        new_id,
        replace(ADA, name="Changed"),
        person("10", "ben@example.org\x00"),
        person("7", None),
        replace(BEN, external_id="11"),
        person("12", "BEN@example.org"),
        person(None, None),
    ) == [
        ("/1/email", "malformed"),
        ("/2/external_id", "duplicate"),
        ("/4/email", "duplicate"),
        ("/5/email", "missing"),
    ]
    assert faults(database, new_id, replace(ADA, email="ben@example.org")) == [
        ("/0/email", "duplicate")
    ]
    assert faults(database, new_id, person("8", "ada@example.org")) == [("/0/email", "duplicate")]
    assert [each.name for each in profiles(database)] == ["Ada Rossi", "Ben"]


def test_imports_and_orders_of_the_same_people_do_not_meet_twice(
    database: Database, new_id: NewId
) -> None:
    people = [person(f"{nth}", f"p{nth}@x.org") for nth in range(40)]

    def act(seed: int) -> None:
        shuffled = Random(seed).sample(people, len(people))
        if seed % 2:
            known(database, new_id, *shuffled)
        else:
            save(database, new_id, *shuffled)

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(act, range(16)))
    assert len(profiles(database)) == 40
    assert len(keys(database)) == 80


def test_an_address_that_is_given_up_while_we_wait_is_free(
    database: Database, new_id: NewId
) -> None:
    save(database, new_id, ADA)
    with database.connect() as other, ThreadPoolExecutor(1) as waiting:
        with other.transaction():
            save_customers(other, TESTER, [replace(ADA, email="ada@new.org")], NOW, new_id)
            ours = waiting.submit(save, database, new_id, person(None, ADA.email))
            wait_for_a_lock(database)
        assert ours.result() == Saved(created=1)
    assert keys(database) == {"external_id:7", "email:ada@new.org", "email:ada@example.org"}
    assert {each.email for each in profiles(database)} == {"ada@new.org", ADA.email}


def test_what_somebody_else_changed_is_not_written_over(database: Database, new_id: NewId) -> None:
    def edit(name: str, seen: int) -> int:
        row = replace(ADA, name=name)
        return database.transact(
            lambda tx: save_customer(tx, TESTER, row, NOW, new_id, expected_version=seen)
        ).version

    save(database, new_id, BEN, ADA)
    assert edit("Ada Bianchi", 1) == 2
    with pytest.raises(Refusal, match="version_conflict"):
        edit("Ada Neri", 1)


def test_faults_of_one_customer_point_into_it(database: Database, new_id: NewId) -> None:
    row = replace(ADA, email="ada")
    with pytest.raises(Refusal) as caught:
        database.transact(lambda tx: save_customer(tx, TESTER, row, NOW, new_id))
    assert [each.pointer for each in caught.value.errors] == ["/email"]


@pytest.mark.parametrize(
    ("q", "names"),
    [
        (None, ["Ada Rossi", "Ben"]),
        ("ROSSI", ["Ada Rossi"]),
        ("example.ORG", ["Ada Rossi", "Ben"]),
        ("39021", ["Ada Rossi"]),
        ("02 12", ["Ada Rossi"]),
        ("%", []),
    ],
)
def test_customers_are_found_by_any_fragment(
    database: Database, new_id: NewId, q: str | None, names: list[str]
) -> None:
    known(database, new_id, ADA, BEN)
    found = database.read(lambda tx: listing.list_customers(tx, q=q))
    assert [each.name for each in found] == names


def test_pages_follow_each_other_in_the_order_of_creation(
    database: Database, new_id: NewId
) -> None:
    ids = [known(database, new_id, person(f"{nth}", None))[0] for nth in range(5)]
    first = database.read(lambda tx: listing.list_customers(tx, limit=2))
    rest = database.read(lambda tx: listing.list_customers(tx, after=first[-1].id))
    assert [each.id for each in (*first, *rest)] == ids
    with pytest.raises(Refusal, match="not_found"):
        database.read(lambda tx: listing.find_customer(tx, UUID(int=1)))


def test_contacts_are_kept_as_they_were_told(database: Database, new_id: NewId) -> None:
    full = Contact(
        id=new_id(),
        name="Ada",
        phone="1",
        street="Via Roma 1",
        postal_code="10121",
        city="Torino",
        region="TO",
        country="IT",
        latitude_e6=45_070_300,
        longitude_e6=7_686_900,
    )
    bare = Contact(id=new_id(), street="Rue 1", postal_code="75004", city="Paris", country="FR")
    database.transact(lambda tx: add_contacts(tx, [full, bare]))
    database.transact(lambda tx: add_contacts(tx, []))
    found = database.read(lambda tx: listing.list_contacts(tx, [bare.id, full.id, new_id()]))
    assert found == {full.id: full, bare.id: bare}
