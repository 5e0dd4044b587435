"""How simulations are spoken of."""

from collections.abc import Mapping

from ovunque.web.language import M_, Message
from ovunque.web.words import Word

SIMULATION: Mapping[str, Word] = {
    "waiting": Word(M_("simulation", "Waiting"), "neutral", "hourglass"),
    "running": Word(M_("simulation", "Replaying"), "progress", "hourglass"),
    "done": Word(M_("simulation", "Replayed"), "success", "circle-check"),
    "failed": Word(M_("simulation", "Not replayed"), "danger", "circle-x"),
    "canceled": Word(M_("simulation", "Called off"), "neutral", "ban"),
}
SIMULATION_GAP: Mapping[str, Message] = {
    "stock_of_today": M_("simulation", "The stock is the one of today."),
    "work_of_today": M_(
        "simulation", "How much work waits where, and how full carriers are, is as it is today."
    ),
    "rules_of_today": M_(
        "simulation", "Prices, times, opening hours and protected stock are those of today."
    ),
    "counts_left_out": M_(
        "simulation", "What counts found or missed meanwhile is there, or gone, from the beginning."
    ),
    "orders_unknown": M_("simulation", "Orders of channels or items that are gone are left out."),
}
PAST_ORDERS = M_("simulation", "Orders of the last days")
GENERATED_ORDERS = M_("simulation", "Orders that could come")
FOREIGN_ORDERS = M_("simulation", "Orders that were brought along")
