"""Whatever a screen may have to show has a word: a state without one is a page that breaks."""

from collections.abc import Iterable, Mapping

import pytest

from ovunque.access.model import Language, Role, Scope
from ovunque.catalog.model import Condition
from ovunque.delivery.model import Service
from ovunque.fulfillment.model import FulfillmentState, ParcelState, Reason, WithdrawReason
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.runs import State
from ovunque.network.model import Capability, LocationKind, LocationState
from ovunque.orders.model import CancelReason, OrderStatus
from ovunque.promise.model import Badge
from ovunque.simulation.wardrobe import COLORS
from ovunque.stock.model import MovementKind, RuleKind, UnavailableReason
from ovunque.stock.model.feeding import (
    FeedKind,
    FeedReason,
    FeedState,
    SourceKind,
    TaskOutcome,
    TaskReason,
    TransferState,
)
from ovunque.web import rights, words
from ovunque.web.doors.browsers import browser_of
from ovunque.web.garments import COLOR, GARMENTS, KIND, rank_of
from ovunque.web.office.locations import CAPABILITIES
from ovunque.web.pages import color_of, kind_of, size_of, typed, who


def test_every_color_of_the_demo_has_a_word() -> None:
    assert {color for _, color, _ in COLORS} <= COLOR.keys()


def test_sizes_stand_as_on_a_rail() -> None:
    told = ["XL", "38", "L", "OS", "95", "M", None, "105", "XS", "S", "m"]
    assert sorted(told, key=rank_of) == [
        "XS",
        "S",
        "M",
        "m",
        "L",
        "XL",
        "38",
        "95",
        "105",
        None,
        "OS",
    ]


SAID: tuple[tuple[Iterable[str], Mapping[str, object]], ...] = (
    (Role, words.ROLE),
    (Role, rights.ROLE_MAY),
    (Scope, rights.SCOPE),
    (Condition, words.CONDITION),
    (FulfillmentState, words.FULFILLMENT),
    (ParcelState, words.PARCEL),
    (Reason, words.REASON),
    (WithdrawReason, words.WITHDRAW_REASON),
    (KINDS, words.IMPORT),
    (State, words.IMPORT_STATE),
    (Capability, CAPABILITIES),
    (LocationKind, words.LOCATION_KIND),
    (LocationState, words.LOCATION_STATE),
    (CancelReason, words.CANCEL_REASON),
    (OrderStatus, words.ORDER),
    (Service, words.SERVICE),
    (Badge, words.PROMISE_BADGE),
    (MovementKind, words.MOVEMENT),
    (RuleKind, words.PROTECTION),
    (UnavailableReason, words.ASIDE),
    (FeedKind, words.FEED_KIND),
    (FeedReason, words.FEED_REASON),
    (FeedState, words.FEED_STATE),
    (SourceKind, words.SOURCE_KIND),
    (TaskReason, words.COUNT_REASON),
    (TaskOutcome, words.COUNT_OUTCOME),
    (TransferState, words.TRANSFER),
)


@pytest.mark.parametrize(("known", "said"), SAID, ids=lambda each: getattr(each, "__name__", ""))
def test_everything_has_a_word(known: Iterable[str], said: Mapping[str, object]) -> None:
    assert {str(each) for each in known} <= {str(each) for each in said}


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
            "Chrome, Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
            "Firefox, Android",
        ),
        ("till/3.1", "till/3.1"),
        ("", ""),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, name: str) -> None:
    assert browser_of(agent) == name


def test_an_actor_is_called_as_people_call_them() -> None:
    assert who(Language.ITALIAN, "system") == "automatico"
    assert who(Language.ITALIAN, "cli:root") == "root"
    assert who(Language.ENGLISH, "marta") == "marta"


def test_numbers_in_fields_have_the_mark_that_their_reader_types() -> None:
    assert [typed(each, "4.50") for each in Language] == ["4.50", "4,50"]
    assert typed(Language.ITALIAN, "") == ""


def test_kinds_of_goods_are_in_the_words_of_the_reader() -> None:
    assert set(KIND) == set(GARMENTS), "what has a glyph has a word"
    assert kind_of(Language.ITALIAN, "Coats") == "cappotti"
    assert kind_of(Language.ITALIAN, "umbrellas") == "umbrellas"


def test_colors_and_sizes_are_in_the_words_of_the_reader() -> None:
    assert color_of(Language.ITALIAN, "camel") == "cammello"
    assert color_of(Language.ITALIAN, "midnight") == "midnight"
    assert color_of(Language.ITALIAN, None) == ""
    assert [size_of(Language.ITALIAN, each) for each in ("OS", "M", None)] == [
        "taglia unica",
        "M",
        "",
    ]
