"""What rights are called on a screen, and what each lets somebody do, in one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass

from ovunque.access.model import Role, Scope
from ovunque.web.language import M_, Message


@dataclass(frozen=True, slots=True)
class Right:
    name: Message
    allows: Message


SCOPE: Mapping[str, Right] = {
    Scope.READ: Right(
        M_("scope", "Look things up"),
        M_("scope may", "Reads items, stock, places, carriers, prices and rules. Changes nothing."),
    ),
    Scope.PROMISE: Right(
        M_("scope", "Promise dates"),
        M_("scope may", "Asks when and how a cart can be there, and what that costs the customer."),
    ),
    Scope.PROMISE_COST: Right(
        M_("scope", "See what promises cost"),
        M_("scope may", "Sees, beside each promise, what it would cost the house."),
    ),
    Scope.ORDERS: Right(
        M_("scope", "Orders"),
        M_("scope may", "Places, reads, changes and cancels orders, and holds carts."),
    ),
    Scope.STOCK: Right(
        M_("scope", "Stock"),
        M_("scope may", "Sends counts and movements, announces deliveries, sets units aside."),
    ),
    Scope.FULFILLMENT: Right(
        M_("scope", "Prepare orders"),
        M_("scope may", "Accepts, picks, packs and hands over orders in stores and warehouses."),
    ),
    Scope.RETURNS: Right(
        M_("scope", "Returns"),
        M_("scope may", "Kept for returns, which are still to come. It opens nothing yet."),
    ),
    Scope.CUSTOMERS: Right(
        M_("scope", "Customers"),
        M_("scope may", "Reads and changes personal data, hands it out and forgets it."),
    ),
    Scope.CONFIG: Right(
        M_("scope", "Set up the house"),
        M_("scope may", "Changes places, items, carriers, prices, rules, keys and webhooks."),
    ),
    Scope.ALL: Right(
        M_("scope", "Everything"),
        M_("scope may", "All of the above. For your own tests; a program needs less."),
    ),
}
ROLE_MAY: Mapping[str, Message] = {
    Role.SELLER: M_("person may", "looks up stock, everywhere"),
    Role.ASSOCIATE: M_("person may", "accepts, picks, packs, hands over, counts"),
    Role.STORE_MANAGER: M_(
        "person may", "all of that, pauses the store, sets hours, asks for counts"
    ),
    Role.AREA_MANAGER: M_("person may", "all of that, in several stores"),
    Role.PARTNER: M_("person may", "accepts, picks, packs, hands over"),
    Role.CARE: M_("person may", "finds, explains, changes and cancels orders; opens personal data"),
    Role.MERCHANDISER: M_(
        "person may", "decides on stock, protection, strategies, carriers and prices"
    ),
    Role.EXECUTIVE: M_("person may", "sees orders, stock, promises and costs; changes nothing"),
    Role.ADMIN: M_("person may", "invites people, makes keys, sets up places; sees no orders"),
}
