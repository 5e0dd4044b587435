"""Who a person is: keys, and what a profile must be before any database sees it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.customers import rules
from ovunque.customers.model import ContactRequest, Customer, CustomerRequest, Recognition
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault

ADA = CustomerRequest(
    external_id="gid://shop/Customer/7",
    email="Ada@Example.org",
    name="Ada Rossi",
    phone="+39 02 1234-567",
    language="it",
)
HOME = ContactRequest(street="Via Roma 1", postal_code="10121", city="Torino", country="IT")


def found(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in faults]


def counting() -> NewId:
    numbers = count(100)
    return lambda: UUID(int=next(numbers))


def recognize(
    people: Iterable[CustomerRequest], known: Mapping[str, UUID], new_id: NewId
) -> Recognition:
    return rules.recognize([(each, rules.keys_of(each)) for each in people], known, new_id)


def person(external_id: str | None, email: str | None) -> CustomerRequest:
    return CustomerRequest(external_id=external_id, email=email, name="Somebody")


def test_a_good_row_has_no_fault() -> None:
    assert rules.check_customer(ADA) == ()
    assert rules.check_customer(person("7", None)) == ()
    assert rules.check_contact(HOME) == ()


@pytest.mark.parametrize(
    ("field", "value", "pointer", "fault"),
    [
        ("external_id", "", "/external_id", "malformed"),
        ("external_id", "x" * 101, "/external_id", "out_of_bounds"),
        ("email", "", "/email", "malformed"),
        ("email", "ada", "/email", "malformed"),
        ("email", "ada@localhost", "/email", "malformed"),
        ("email", "ada@example..org", "/email", "malformed"),
        ("email", "a da@example.org", "/email", "malformed"),
        ("email", "Ada <ada@example.org>", "/email", "malformed"),
        ("email", f"ada@{'x' * 250}.org", "/email", "out_of_bounds"),
        ("name", "", "/name", "malformed"),
        ("name", "A\x00da", "/name", "malformed"),
        ("phone", "1" * 41, "/phone", "out_of_bounds"),
        ("language", "Italian", "/language", "malformed"),
    ],
)
def test_a_profile_out_of_shape_is_told_by_its_field(
    field: str, value: Any, pointer: str, fault: str
) -> None:
    assert found(rules.check_customer(replace(ADA, **{field: value}))) == [(pointer, fault)]


def test_somebody_whom_nobody_would_find_again_is_no_customer() -> None:
    assert found(rules.check_customer(person(None, None))) == [("/email", "missing")]


@pytest.mark.parametrize(
    ("field", "value", "pointer", "fault"),
    [
        ("street", "", "/street", "malformed"),
        ("postal_code", "1" * 21, "/postal_code", "out_of_bounds"),
        ("country", "Italy", "/country", "malformed"),
        ("latitude_e6", 90_000_001, "/latitude", "out_of_bounds"),
        ("longitude_e6", -180_000_001, "/longitude", "out_of_bounds"),
        ("name", "", "/name", "malformed"),
        ("phone", "\x1b", "/phone", "malformed"),
    ],
)
def test_an_address_out_of_shape_is_told_by_its_field(
    field: str, value: Any, pointer: str, fault: str
) -> None:
    assert found(rules.check_contact(replace(HOME, **{field: value}))) == [(pointer, fault)]


def test_a_person_is_known_by_external_id_then_by_mail_in_any_case() -> None:
    assert rules.keys_of(ADA) == ("external_id:gid://shop/Customer/7", "email:ada@example.org")
    known = {"external_id:7": UUID(int=1), "email:ada@example.org": UUID(int=2)}
    people = [person("7", "ADA@example.org"), person("8", "ada@EXAMPLE.org"), person("8", None)]
    seen = recognize(people, known, counting())
    assert seen.ids == (UUID(int=1), UUID(int=2), UUID(int=100))
    assert seen.keys == {"external_id:8": UUID(int=100)}


def test_two_rows_of_a_newcomer_are_one_person() -> None:
    people = [person("7", "a@x.org"), person(None, "A@x.org"), person("7", "b@x.org")]
    seen = recognize([*people, person(None, "b@x.org")], {}, counting())
    assert set(seen.ids) == {UUID(int=100)}
    assert [each.person for each in seen.newcomers] == people[:1]
    assert set(seen.keys) == {"external_id:7", "email:a@x.org", "email:b@x.org"}


few = st.none() | st.sampled_from("abcd")


@given(
    rows=st.lists(st.tuples(few, few).filter(any), max_size=12),
    known=st.dictionaries(
        st.sampled_from(
            [f"{kind}:{letter}" for kind in ("external_id", "email") for letter in "abcd"]
        ),
        st.integers(1, 3).map(lambda number: UUID(int=number)),
    ),
    learned=st.dictionaries(
        st.sampled_from(
            [f"{kind}:{letter}" for kind in ("external_id", "email") for letter in "abcd"]
        ),
        st.integers(4, 6).map(lambda number: UUID(int=number)),
    ),
)
def test_a_second_look_asks_for_no_key_that_the_first_did_not(
    rows: list[tuple[str | None, str | None]], known: dict[str, UUID], learned: dict[str, UUID]
) -> None:
    people = [person(*row) for row in rows]
    new_id = counting()
    first = recognize(people, known, new_id)
    second = recognize(people, {**learned, **known}, new_id)
    assert second.keys.keys() <= first.keys.keys()
    assert all(each.id in first.ids for each in first.newcomers)
    assert not first.keys.keys() & known.keys()


def test_a_mail_address_is_one_persons() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    standing = Customer(id=UUID(int=1), version=1, created_at=now, **asdict(ADA))
    mine, foreign = {"email:ada@example.org": UUID(int=1)}, {"email:ada@example.org": UUID(int=2)}
    assert rules.check_owner(ADA, standing, mine) == rules.check_owner(ADA, None, {}) == ()
    assert found(rules.check_owner(ADA, standing, foreign)) == [("/email", "duplicate")]
    renamed = replace(ADA, external_id="8")
    assert found(rules.check_owner(renamed, standing, mine)) == [("/email", "duplicate")]
    assert rules.tidy(replace(ADA, external_id=None), standing) == ADA


def test_the_second_row_of_a_customer_is_at_fault() -> None:
    rows = [
        person("7", "a@x.org"),
        person("7", "b@x.org"),
        person("8", "A@x.org"),
        person("9", None),
    ]
    known = {"external_id:9": UUID(int=1), "email:c@x.org": UUID(int=1)}
    faults = rules.repeated([*rows, person(None, "c@x.org")], known)
    assert [found(each) for each in faults] == [
        [],
        [("/external_id", "duplicate")],
        [("/email", "duplicate")],
        [],
        [("/email", "duplicate")],
    ]


def test_a_customer_is_found_by_any_fragment() -> None:
    text = rules.search_text(ADA)
    assert all(
        each in text for each in ("ada rossi", "example.org", "390212", "02 12", "customer/7")
    )
