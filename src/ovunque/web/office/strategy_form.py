"""The form of a strategy: what the editor has fields for, laid over what the document says."""

from collections.abc import Iterator, Sequence

import msgspec
from pydantic import Field

from ovunque.kernel.refusal import Refusal
from ovunque.network.model import LocationKind
from ovunque.platform.http.faults import convert
from ovunque.sourcing.model.ruling import (
    PARCELS_MAX,
    Aim,
    Conditions,
    Offers,
    Otherwise,
    PlanStep,
    Strategy,
)
from ovunque.web.reading import small_units, written
from ovunque.web.screens import Form

STEPS_MAX = 20
NUMBER = r"^[0-9]{0,9}$"
ACT = r"^(save|check|publish|add|(up|down|remove)-[0-9]{1,2})$"
Texts = list[str]


class StrategyForm(Form):
    """A strategy as its form says it: of each step one entry in every list."""

    code: str = Field(default="", max_length=64)
    name: str = Field(default="", max_length=100)
    edition: str = Field(default="", pattern=NUMBER)
    priority: str = Field(default="100", pattern=NUMBER)
    inactive: bool = False
    channels: Texts = Field(default=[], max_length=250)
    services: Texts = Field(default=[], max_length=20)
    countries: str = Field(default="", max_length=500)
    value_min: str = Field(default="", max_length=20)
    value_max: str = Field(default="", max_length=20)
    otherwise: Otherwise = Otherwise.ANYWHERE
    offer_mode: str = Field(default="", pattern="^(|assign|auto_claim|compete)$")
    offer_among: str = Field(default="", pattern=NUMBER)
    offer_grace: str = Field(default="", pattern=NUMBER)
    offer_minutes: str = Field(default="", pattern=NUMBER)
    offer_rest: str = Field(default="{}", max_length=1_000)
    rest: str = Field(default="{}", max_length=64_000)  # Conditions that it has no fields for.
    step_rest: Texts = Field(default=[], max_length=STEPS_MAX)
    step_name: Texts = Field(default=[], max_length=STEPS_MAX)
    step_kind: Texts = Field(default=[], max_length=STEPS_MAX)
    step_group: Texts = Field(default=[], max_length=STEPS_MAX)
    step_carrier: Texts = Field(default=[], max_length=STEPS_MAX)
    step_promise: Texts = Field(default=[], max_length=STEPS_MAX)
    step_distance: Texts = Field(default=[], max_length=STEPS_MAX)
    step_days: Texts = Field(default=[], max_length=STEPS_MAX)
    step_keep: Texts = Field(default=[], max_length=STEPS_MAX)
    step_busy: Texts = Field(default=[], max_length=STEPS_MAX)
    step_aim: Texts = Field(default=[], max_length=STEPS_MAX)
    step_parcels: Texts = Field(default=[], max_length=STEPS_MAX)
    starts: str = Field(default="", max_length=30)
    share: str = Field(default="100", pattern=r"^[0-9]{0,3}$")
    act: str = Field(default="save", pattern=ACT)


def strategy_of(form: StrategyForm, digits: int) -> Strategy:
    """The document that a form asks for, in amounts of so many digits; refused where it is none."""
    when = convert(parsed(form.rest), Conditions)
    return Strategy(
        code=form.code.strip(),
        name=form.name.strip(),
        priority=number(form.priority) or 0,
        active=not form.inactive,
        when=msgspec.structs.replace(
            when,
            channels=tuple(form.channels),
            services=tuple(form.services),
            countries=tuple(form.countries.upper().replace(",", " ").split()),
            value_min=minor(form.value_min, digits),
            value_max=minor(form.value_max, digits),
        ),
        steps=tuple(steps_of(form)),
        otherwise=form.otherwise,
        offers=offers_of(form),
    )


def offers_of(form: StrategyForm) -> Offers | None:
    """Whom to ask for the work; what the editor does not show is left as it was."""
    if not form.offer_mode:
        return None
    told = {
        "mode": form.offer_mode,
        "among": number(form.offer_among),
        "minutes": number(form.offer_minutes),
        "grace_minutes": number(form.offer_grace),
    }
    before = msgspec.to_builtins(convert(parsed(form.offer_rest), Offers))
    return convert({**before, **{k: v for k, v in told.items() if v is not None}}, Offers)


def steps_of(form: StrategyForm) -> Iterator[PlanStep]:
    """Each step as its fields say it, with what the editor does not show left as it was."""
    lists = [
        form.step_rest, form.step_name, form.step_kind, form.step_group, form.step_carrier,
        form.step_promise, form.step_distance, form.step_days, form.step_keep, form.step_busy,
        form.step_aim, form.step_parcels,
    ]  # fmt: skip
    if len({len(each) for each in lists}) > 1:
        raise Refusal("invalid", detail="the form is not complete.")
    for rest, name, kind, group, carrier, promise, distance, days, keep, busy, aim, parcels in zip(
        *lists, strict=True
    ):
        before = convert(parsed(rest) or {"name": ""}, PlanStep)
        several = msgspec.structs.asdict(before)
        yield convert(
            {
                **msgspec.to_builtins(before),
                "name": name.strip(),
                "kinds": chosen(kind, several["kinds"]),
                "groups": chosen(group, several["groups"]),
                "carriers": chosen(carrier, several["carriers"]),
                "keeps_promise": promise == "kept",
                "distance_km_max": number(distance),
                "days_max": number(days),
                "keep_units": number(keep) or 0,
                "busy_percent_max": number(busy),
                "parcels_max": number(parcels) or PARCELS_MAX,
                **({} if aim == "as_it_is" else {"aim": aim, "goals": (), "price": None}),
            },
            PlanStep,
        )


def parsed(text: str) -> object:
    try:
        return msgspec.json.decode(text.encode()) if text else {}
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise Refusal("form_stale") from None


def chosen(told: str, before: Sequence[str]) -> tuple[str, ...]:
    """One of a list; several that stood there stay as they are."""
    if told == "as_it_is":
        return tuple(before)
    return (told,) if told else ()


def number(told: str) -> int | None:
    if not told.strip():
        return None
    if not (told.isascii() and told.isdigit() and len(told) <= 9):
        raise Refusal("invalid", detail="write a whole number.")
    return int(told)


def minor(told: str, digits: int) -> int | None:
    """An amount as people write it, in the smallest units of its currency."""
    return small_units(told, digits) if told.strip() else None


def moved(strategy: Strategy, act: str) -> tuple[Strategy, int | None]:
    """The steps in another order, one more or one fewer; and which one to look at."""
    what, _, told = act.partition("-")
    steps, at = list(strategy.steps), int(told or 0)
    looked_at: int | None = None
    if what == "add" and len(steps) < STEPS_MAX:
        steps.append(PlanStep(name=""))
        looked_at = len(steps) - 1
    elif what == "remove" and at < len(steps) > 1:
        del steps[at]
    elif what in ("up", "down"):
        to = at + (1 if what == "down" else -1)
        if 0 <= to < len(steps) and at < len(steps):
            steps[at], steps[to] = steps[to], steps[at]
            looked_at = to
    return msgspec.structs.replace(strategy, steps=tuple(steps)), looked_at


KINDS = (
    LocationKind.WAREHOUSE,
    LocationKind.STORE,
    LocationKind.DISTRIBUTOR,
    LocationKind.RESELLER,
)
AIMS = tuple(Aim)


def form_of(strategy: Strategy, edition: str, digits: int) -> StrategyForm:
    """The form as it would have been filled for a strategy."""
    when, steps, offers = strategy.when, strategy.steps, strategy.offers or Offers()

    def one(values: Sequence[str]) -> str:
        return values[0] if len(values) == 1 else "as_it_is" if values else ""

    def told(value: int | None) -> str:
        return "" if value is None else str(value)

    def amount(value: int | None) -> str:
        return "" if value is None else written(value, digits)

    return StrategyForm(
        code=strategy.code,
        name=strategy.name,
        edition=edition,
        priority=str(strategy.priority),
        inactive=not strategy.active,
        channels=list(when.channels),
        services=list(when.services),
        countries=", ".join(when.countries),
        value_min=amount(when.value_min),
        value_max=amount(when.value_max),
        otherwise=strategy.otherwise,
        offer_mode=strategy.offers.mode if strategy.offers else "",
        offer_among=str(offers.among),
        offer_minutes=str(offers.minutes),
        offer_grace=str(offers.grace_minutes),
        offer_rest=msgspec.json.encode(offers).decode(),
        rest=msgspec.json.encode(when).decode(),
        step_rest=[msgspec.json.encode(each).decode() for each in steps],
        step_name=[each.name for each in steps],
        step_kind=[one(each.kinds) for each in steps],
        step_group=[one(each.groups) for each in steps],
        step_carrier=[one(each.carriers) for each in steps],
        step_promise=["kept" if each.keeps_promise else "" for each in steps],
        step_distance=[told(each.distance_km_max) for each in steps],
        step_days=[told(each.days_max) for each in steps],
        step_keep=[told(each.keep_units or None) for each in steps],
        step_busy=[told(each.busy_percent_max) for each in steps],
        step_aim=["as_it_is" if each.goals or each.price else each.aim for each in steps],
        step_parcels=[str(each.parcels_max) for each in steps],
    )
