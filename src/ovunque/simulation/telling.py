"""The figures of a replay as one document: on the screen, over the API, on the command line."""

from typing import Any

from ovunque.simulation.replaying import Figures, Replay


def document_of(state: Replay) -> dict[str, Any]:
    return {
        "orders": state.total,
        "arms": [figures_of(each) for each in state.figures],
        "changed": [
            {
                "order": each.reference,
                "strategy": each.arm,
                "before": each.before,
                "after": each.after,
                "cost_cents": each.cents,
                "emissions_g": each.grams,
                "minutes": each.minutes,
            }
            for each in state.changed
        ],
    }


def figures_of(each: Figures) -> dict[str, Any]:
    return {
        "strategy": each.name,
        "orders": each.orders,
        "cost_cents": each.cents,
        "emissions_g": each.grams,
        "parcels": each.parcels,
        "split": each.split,
        "promised": each.promised,
        "kept": each.kept,
        "lead_minutes_p50": each.lead(50),
        "lead_minutes_p90": each.lead(90),
        "unfillable": each.unfillable,
        "unfilled_units": each.unfilled_units,
        "changed": each.changed,
        "load": dict(each.load.most_common()),
        "steps": dict(each.steps),
    }
