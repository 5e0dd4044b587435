"""Carriers' terms: what they lack, what changes, and what that would have meant."""

from dataclasses import replace
from datetime import date, time

import pytest

from ovunque.delivery.drafting import asked, digest_of, refuse_unreadable, tidy
from ovunque.delivery.model import CarrierServiceRequest, DatedTariff, LaneRequest, Terms, VolumeCap
from ovunque.delivery.rules import carried, turning_days
from ovunque.delivery.rules.differences import differences
from ovunque.delivery.rules.effects import Errand, effects, routes_of
from ovunque.delivery.rules.gaps import Ground, gaps_of, zones_served
from ovunque.delivery.rules.refining import raised
from ovunque.kernel.refusal import Refusal

SERVICE = CarrierServiceRequest(
    carrier="aquilone",
    service="standard",
    name="Aquilone",
    promise="home",
    cutoff=time(17),
    pickup_days=(1, 2, 3, 4, 5),
    parcel_weight_max_g=30_000,
    countries=("IT",),
)
LANE = LaneRequest(
    carrier="aquilone",
    service="standard",
    from_zone="north",
    to_zone="south",
    transit_days=2,
    rates=((1_000, 600), (30_000, 1_200)),
)
HERE = replace(LANE, to_zone="north")
TERMS = Terms(service=SERVICE, lanes=(HERE, LANE))
GROUND = Ground(
    zones={"north": "IT", "south": "IT", "france": "FR"},
    locations={"MI-01": "north"},
    codes={"MI-01", "PARIS"},
    served=(),
)


def found(terms: Terms, ground: Ground = GROUND) -> list[str]:
    return [each.code for each in gaps_of(terms, ground)]


def test_whole_terms_have_no_gap() -> None:
    assert found(TERMS) == []


@pytest.mark.parametrize(
    ("terms", "codes"),
    [
        (replace(TERMS, service=replace(SERVICE, cutoff=None)), ["missing_cutoff"]),
        (replace(TERMS, lanes=(HERE, replace(LANE, rates=()))), ["lane_without_tariff"]),
        (
            replace(TERMS, lanes=(HERE, replace(LANE, rates=((5_000, 600), (5_000, 700))))),
            ["overlapping_steps", "steps_end_early"],
        ),
        (
            replace(TERMS, lanes=(HERE, replace(LANE, rates=((1_000, 600), (30_000, 500))))),
            ["price_falls"],
        ),
        (replace(TERMS, lanes=(HERE, LANE, replace(LANE, to_zone="mars"))), ["unknown_zone"]),
        (replace(TERMS, lanes=(HERE, LANE, LANE)), ["repeated_lane"]),
        (replace(TERMS, lanes=(HERE,)), ["zone_served_by_nobody"]),
        (replace(TERMS, lanes=()), ["no_lanes", "zone_served_by_nobody", "zone_served_by_nobody"]),
        (
            replace(TERMS, lanes=(HERE, replace(LANE, transit_chances_ppm=(0, 900_000)))),
            ["transit_incomplete"],
        ),
        (
            replace(TERMS, caps=(VolumeCap(location="ROMA", parcels_per_day_max=9),)),
            ["unknown_location"],
        ),
    ],
)
def test_each_gap_is_found_and_named(terms: Terms, codes: list[str]) -> None:
    assert sorted(set(found(terms))) == sorted(set(codes))
    assert all(each.sentence and "{" not in each.sentence for each in gaps_of(terms, GROUND))


WINTER = DatedTariff(
    valid_from=date(2026, 11, 15), valid_until=date(2026, 12, 31), rates=((30_000, 1_500),)
)
YEAR = DatedTariff(valid_from=date(2027, 1, 1), rates=((30_000, 1_400),), surcharge_cents=20)


def test_prices_are_those_of_the_day_of_departure() -> None:
    lane = replace(LANE, tariffs=(YEAR, WINTER))
    usual = ((1_000, 600), (30_000, 1_200))
    assert carried(SERVICE, lane, date(2026, 11, 14)) == usual
    assert carried(SERVICE, lane, date(2026, 11, 15)) == ((30_000, 1_500),)
    assert carried(SERVICE, lane, date(2026, 12, 31)) == ((30_000, 1_500),)
    assert carried(SERVICE, lane, date(2027, 1, 1)) == ((30_000, 1_420),)
    assert turning_days(lane) == [date(2026, 11, 15), date(2027, 1, 1)]


@pytest.mark.parametrize(
    ("tariffs", "codes"),
    [
        ((WINTER, YEAR), []),
        ((WINTER,), ["tariff_ends"]),
        ((replace(WINTER, valid_until=date(2027, 1, 1)), YEAR), ["overlapping_tariffs"]),
        ((replace(WINTER, valid_until=None), YEAR), []),
        ((replace(WINTER, valid_until=None), replace(YEAR, valid_until=date(2027, 1, 9))), []),
    ],
)
def test_days_with_two_tariffs_or_none_are_told(
    tariffs: tuple[DatedTariff, ...], codes: list[str]
) -> None:
    assert found(replace(TERMS, lanes=(HERE, replace(LANE, tariffs=tariffs)))) == codes


def test_that_a_service_ends_is_told() -> None:
    ending = replace(SERVICE, valid_until=date(2026, 12, 31))
    assert found(replace(TERMS, service=ending)) == ["service_ends"]


def test_a_carrier_that_has_ended_serves_no_zone_any_more() -> None:
    last = date(2026, 12, 31)
    ending = replace(TERMS, service=replace(SERVICE, valid_until=last))
    assert zones_served([ending], {"north"}, last) == {"north", "south"}
    assert zones_served([ending], {"north"}, date(2027, 1, 1)) == set()
    assert zones_served([ending, TERMS], {"north"}, date(2027, 1, 1)) == {"north", "south"}
    assert zones_served([TERMS], {"france"}, last) == set()


def test_where_we_are_but_no_lane_starts_is_told() -> None:
    ground = replace(GROUND, locations={"MI-01": "north", "NA-01": "south"})
    gaps = gaps_of(TERMS, ground)
    assert [each.code for each in gaps] == ["origin_without_lane"]
    assert gaps[0].sentence == "From south no lane starts: NA-01 cannot ship with this service."
    assert not gaps[0].stops


def test_what_another_carrier_serves_is_served() -> None:
    assert found(replace(TERMS, lanes=(HERE,)), replace(GROUND, served=("south",))) == []


def test_a_draft_may_have_gaps_but_not_be_nonsense() -> None:
    refuse_unreadable(replace(TERMS, lanes=(replace(LANE, rates=()),)))
    refuse_unreadable(replace(TERMS, service=replace(SERVICE, cutoff=None)))
    with pytest.raises(Refusal, match="invalid"):
        refuse_unreadable(replace(TERMS, lanes=(replace(LANE, transit_days=900),)))
    with pytest.raises(Refusal, match="invalid"):
        refuse_unreadable(replace(TERMS, lanes=(replace(LANE, carrier="other"),)))


def test_what_changes_is_told_value_by_value() -> None:
    dearer = replace(LANE, rates=((1_000, 650), (30_000, 1_200)))
    after = replace(
        TERMS,
        service=replace(SERVICE, cutoff=time(18)),
        lanes=(dearer, replace(LANE, to_zone="islands")),
        caps=(VolumeCap(location="MI-01", parcels_per_day_max=80),),
    )
    told = [(each.part, each.of, each.field) for each in differences(TERMS, after)]
    assert told == [
        ("service", "", "cutoff"),
        ("lane", "north > islands", "all"),
        ("lane", "north > north", "all"),
        ("lane", "north > south", "rates"),
        ("cap", "MI-01", "parcels_per_day_max"),
    ]
    assert differences(TERMS, TERMS) == ()
    assert asked(LaneRequest, LANE) == LANE
    assert digest_of(TERMS) == digest_of(tidy(replace(TERMS, lanes=(LANE, HERE))))
    assert digest_of(TERMS) != digest_of(after)


def test_the_cheapest_option_of_parcels_that_went_changes_by_hand() -> None:
    """Saetta is 10 cents dearer; a rise of 2 % on 6.00 turns the light parcel, not the heavy."""
    saetta = replace(SERVICE, carrier="saetta")
    theirs = replace(LANE, carrier="saetta", transit_days=1, rates=((1_000, 610), (30_000, 2_000)))
    other = Terms(service=saetta, lanes=(theirs,))
    light = Errand(
        order="A", from_zone="north", to_zone="south", country="IT", weight_g=900, promise="home"
    )
    heavy = replace(light, order="B", weight_g=9_000)
    nowhere = replace(light, order="C", to_zone="islands")
    dearer = replace(TERMS, service=replace(SERVICE, surcharge_ppm=20_000))

    told = effects([light, heavy, nowhere], routes_of([TERMS, other]), routes_of([dearer, other]))

    assert (told.parcels, told.another, told.lost, told.won) == (3, 1, 0, 0)
    assert (told.cents_before, told.cents_after) == (600 + 1_200, 610 + 1_224)
    assert (told.sooner, told.later) == (1, 0)
    assert [each.errand.order for each in told.examples] == ["A", "B"]


def test_who_does_not_work_for_us_on_a_day_is_not_compared() -> None:
    """The cheaper one ends with the year, another one begins in February."""
    cheap = Terms(
        service=replace(SERVICE, carrier="saetta", valid_until=date(2026, 12, 31)),
        lanes=(replace(LANE, carrier="saetta", rates=((30_000, 300),)),),
    )
    new = Terms(
        service=replace(SERVICE, carrier="novo", valid_from=date(2027, 2, 1)),
        lanes=(replace(LANE, carrier="novo", rates=((30_000, 200),)),),
    )
    parcel = Errand(
        order="1",
        from_zone="north",
        to_zone="south",
        country="IT",
        weight_g=500,
        promise="home",
    )

    def cheapest_on(day: date) -> str:
        told = effects([parcel], routes_of([TERMS, cheap, new], day), {})
        (shift,) = told.examples
        assert shift.before is not None
        return shift.before.service.carrier

    days = (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 31), date(2027, 2, 1))
    assert [*map(cheapest_on, days)] == ["saetta", "aquilone", "aquilone", "novo"]


@pytest.mark.parametrize(
    ("day", "usual", "winter", "year"),
    [
        (date(2026, 11, 14), (660, 1_320), 1_500, 1_400),
        (date(2026, 11, 15), (600, 1_200), 1_650, 1_400),
        (date(2026, 12, 31), (600, 1_200), 1_650, 1_400),
        (date(2027, 1, 1), (600, 1_200), 1_500, 1_540),
    ],
)
def test_prices_go_up_where_they_count_on_the_day_that_is_asked(
    day: date, usual: tuple[int, int], winter: int, year: int
) -> None:
    """By a tenth; the lists of other days, and every surcharge, stay."""
    lane = raised(replace(LANE, tariffs=(WINTER, YEAR)), 1_100_000, day)
    assert tuple(cents for _, cents in lane.rates) == usual
    assert lane.tariffs == (
        replace(WINTER, rates=((30_000, winter),)),
        replace(YEAR, rates=((30_000, year),)),
    )


def test_raised_prices_are_rounded_to_five_cents() -> None:
    lane = replace(LANE, rates=((1_000, 649), (5_000, 651), (30_000, 1_000)))
    assert raised(lane, 1_035_000, date(2026, 1, 1)).rates == (
        (1_000, 670),  # 671.715
        (5_000, 675),  # 673.785
        (30_000, 1_035),
    )
    assert raised(lane, 0, date(2026, 1, 1)).rates[0] == (1_000, 0)
    assert raised(lane, 1_000_000, date(2026, 1, 1)) == lane, "what does not move stays"
