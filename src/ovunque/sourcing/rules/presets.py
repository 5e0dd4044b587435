"""Strategies of one word, to begin with."""

from ovunque.sourcing.model.ruling import Aim, PlanStep, Strategy

NAMES = {
    Aim.ECONOMIC: "Lowest cost",
    Aim.FASTEST: "Earliest arrival",
    Aim.LOWEST_EMISSIONS: "Lowest transport emissions",
    Aim.BALANCED: "Balanced",
    Aim.WHOLE_COST: "Lowest whole cost",
}


def preset(aim: Aim, code: str | None = None) -> Strategy:
    """A strategy of one step that looks everywhere for one thing."""
    name = NAMES[aim]
    return Strategy(
        code=code or aim.value.replace("_", "-"), name=name, steps=(PlanStep(name=name, aim=aim),)
    )
