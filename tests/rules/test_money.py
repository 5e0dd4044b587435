"""Amounts in the smallest units of any currency, as people write them."""

import pytest
from babel import Locale
from tests.factories import NOW

from ovunque.access.model import Language
from ovunque.cli.simulate import describe
from ovunque.cli.trials import describe_trial
from ovunque.delivery.model import LaneKey
from ovunque.insight.judging import Side, Trial
from ovunque.kernel.money import Amount, worded
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.simulation.replaying import Figures, Replay
from ovunque.sourcing.model.ruling import Conditions, PlanStep, Strategy, Version
from ovunque.web import sentences
from ovunque.web.office.carrier_lanes import LaneForm, form_of, lane_of
from ovunque.web.office.prices import RowForm, row_of
from ovunque.web.office.strategy_form import StrategyForm, strategy_of
from ovunque.web.office.strategy_form import form_of as strategy_form_of


@pytest.mark.parametrize(
    ("minor", "currency", "plain", "english"),
    [
        (4_990, "EUR", "49.90 EUR", "€49.90"),
        (4_990, "JPY", "4990 JPY", "JP¥4,990"),
        (4_990, "KWD", "4.990 KWD", "KWD4.990"),
        (4_990, "RSD", "49.90 RSD", "RSD49.90"),  # CLDR shows no hundredths of it.
        (-5, "EUR", "-0.05 EUR", "-€0.05"),
    ],
)
def test_an_amount_has_the_digits_of_its_currency(
    minor: int, currency: str, plain: str, english: str
) -> None:
    assert str(Amount(minor, currency)) == plain
    assert worded(minor, currency, Locale.parse("en_GB")) == english


def test_what_is_owed_is_told_in_the_currency_of_the_order_as_its_reader_writes_it() -> None:
    owed = Refusal("unpaid", amount=Amount(123_450, "JPY"))
    assert refusals.explain(owed).startswith("123450 JPY are")
    assert sentences.explain(Language.ENGLISH, owed).startswith("JP¥123,450 are")
    euros = Refusal("unpaid", amount=Amount(123_450, "EUR"))
    assert "1234,50" in sentences.explain(Language.ITALIAN, euros)


@pytest.mark.parametrize(("digits", "typed"), [(0, "900"), (2, "9.00"), (3, "0.900")])
def test_prices_are_typed_and_shown_in_the_digits_of_the_house(digits: int, typed: str) -> None:
    at = LaneKey("gls", "home", "it", "fr")
    form = LaneForm.model_validate(
        {"form_key": "", "from_zone": "it", "to_zone": "fr"}
        | {"weights": ["1"], "prices": [typed], "surcharge": typed}
    )
    lane = lane_of(at, form, digits)
    assert (lane.rates, lane.surcharge_cents) == (((1_000, 900),), 900)
    shown = form_of(at, (lane, None), digits)
    assert (shown.prices, shown.surcharge) == ([typed], typed)
    row = row_of(RowForm(goods_from=typed, price=typed), digits)
    assert (row.goods_from, row.price) == (900, 900)


HOME = Strategy(
    code="home",
    name="Home",
    steps=(PlanStep(name="All"),),
    when=Conditions(value_min=4_990, value_max=900_000_000),
)


@pytest.mark.parametrize(
    ("digits", "least", "most"),
    [(0, "4990", "900000000"), (2, "49.90", "9000000.00"), (3, "4.990", "900000.000")],
)
def test_a_strategy_is_written_in_the_digits_of_the_house(
    digits: int, least: str, most: str
) -> None:
    form = strategy_form_of(HOME, "", digits)
    assert (form.value_min, form.value_max) == (least, most)
    assert strategy_of(form, digits) == HOME
    comma = form.model_copy(update={"value_min": "49", "value_max": ""})
    when = strategy_of(StrategyForm.model_validate(comma), digits).when
    assert (when.value_min, when.value_max) == (49 * 10**digits, None)


@pytest.mark.parametrize(
    ("currency", "mean", "more"),
    [("JPY", "4990", "+90"), ("EUR", "49.90", "+0.90"), ("KWD", "4.990", "+0.090")],
)
def test_what_orders_would_cost_is_told_in_the_digits_of_the_house(
    currency: str, mean: str, more: str
) -> None:
    state = Replay(total=2, done=2, figures=[Figures(name="home", orders=2, cents=9_980)])
    assert f"{mean}\n" in "\n".join(describe(state, currency))
    version = Version(number=1, strategy=HOME, published_at=NOW, published_by="ada", starts_at=NOW)
    costs = (Side(served=9, cost_cents=cents, spread_cents=0.0) for cents in (4_990.2, 4_900.0))
    drawn, others = costs
    trial = Trial(version=version, drawn=drawn, others=others)
    told = "\n".join(describe_trial(trial, currency, NOW))
    assert f"costs {more}," in told
    assert f" {mean} " in told
