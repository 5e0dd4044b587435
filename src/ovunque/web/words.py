"""What states are called on a screen: a word, a tone, an icon; never color alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ovunque.web.language import M_, Message

Messages = Mapping[str, Message]
Tone = Literal["neutral", "info", "progress", "ready", "success", "warning", "danger"]


@dataclass(frozen=True, slots=True)
class Word:
    message: Message
    tone: Tone
    icon: str


ORDER: Mapping[str, Word] = {
    "open": Word(M_("order", "Received"), "neutral", "inbox"),
    "in_progress": Word(M_("order", "In progress"), "progress", "package-open"),
    "partially_fulfilled": Word(M_("order", "Partly fulfilled"), "progress", "package-open"),
    "fulfilled": Word(M_("order", "Fulfilled"), "success", "circle-check"),
    "completed": Word(M_("order", "Completed"), "neutral", "circle-check"),
    "canceled": Word(M_("order", "Canceled"), "neutral", "ban"),
}
BADGE: Mapping[str, Word] = {
    "unplaced": Word(M_("line", "Unplaced"), "danger", "triangle-alert"),
    "backordered": Word(M_("line", "Back-ordered"), "warning", "hourglass"),
    "late": Word(M_("badge", "Late"), "danger", "triangle-alert"),
    "held": Word(M_("badge", "Kept back"), "warning", "eye"),
    "at_risk": Word(M_("badge", "At risk"), "warning", "timer"),
    "short": Word(M_("level", "Short"), "danger", "triangle-alert"),
}
STANDING: Mapping[str, Word] = {
    "on_track": Word(M_("promise", "On track"), "success", "circle-check"),
    **{name: BADGE[name] for name in ("at_risk", "late")},
}
OUTCOME: Mapping[str, Word] = {
    "kept": Word(M_("promise", "Kept"), "success", "circle-check"),
    "early": Word(M_("promise", "Early"), "success", "circle-check"),
    "late": Word(M_("promise", "Late"), "danger", "triangle-alert"),
    "void": Word(M_("promise", "Nothing left of it"), "neutral", "ban"),
}
BLAME: Mapping[str, Message] = {
    "store": M_("blame", "the location"),
    "carrier": M_("blame", "the carrier"),
    "system": M_("blame", "the plan"),
    "customer": M_("blame", "the customer"),
}
MILESTONE: Mapping[str, Message] = {
    "accept": M_("milestone", "accept by"),
    "pick": M_("milestone", "pick by"),
    "pack": M_("milestone", "pack by"),
    "hand_over": M_("milestone", "hand over by"),
}
FULFILLMENT: Mapping[str, Word] = {
    "planned": Word(M_("fulfillment", "Planned"), "neutral", "calendar"),
    "offered": Word(M_("fulfillment", "To accept"), "info", "inbox"),
    "accepted": Word(M_("fulfillment", "To pick"), "info", "list-checks"),
    "picking": Word(M_("fulfillment", "Picking"), "progress", "scan-barcode"),
    "picked": Word(M_("fulfillment", "To pack"), "progress", "package-open"),
    "packed": Word(M_("fulfillment", "Packed"), "progress", "package"),
    "ready": Word(M_("fulfillment", "Awaiting carrier"), "ready", "package-check"),
    "shipped": Word(M_("fulfillment", "Shipped"), "info", "truck"),
    "delivered": Word(M_("fulfillment", "Delivered"), "success", "circle-check"),
    "awaiting_arrival": Word(M_("fulfillment", "On its way to the store"), "info", "truck"),
    "collected": Word(M_("fulfillment", "Collected"), "success", "circle-check"),
    "uncollected": Word(M_("fulfillment", "Not collected"), "danger", "undo-2"),
    "rejected": Word(M_("fulfillment", "Rejected"), "danger", "circle-x"),
    "withdrawn": Word(M_("fulfillment", "Withdrawn"), "danger", "undo-2"),
    "failed": Word(M_("fulfillment", "Failed"), "danger", "package-x"),
    "returning": Word(M_("fulfillment", "Returning"), "warning", "undo-2"),
    "restocked": Word(M_("fulfillment", "Restocked"), "neutral", "boxes"),
    "lost": Word(M_("fulfillment", "Lost"), "danger", "circle-question-mark"),
    "canceled": Word(M_("fulfillment", "Canceled"), "neutral", "ban"),
}
READY_TO_COLLECT = Word(M_("fulfillment", "Ready to collect"), "ready", "shopping-bag")
STORE_RESERVATION: Mapping[str, Word] = {
    "requested": Word(M_("reservation", "To set aside"), "info", "inbox"),
    "declined": Word(M_("reservation", "Declined"), "danger", "circle-x"),
    "set_aside": Word(M_("reservation", "Set aside"), "ready", "shopping-bag"),
    "visited": Word(M_("reservation", "Visited"), "progress", "store"),
    "bought": Word(M_("reservation", "Bought"), "success", "circle-check"),
    "partly_bought": Word(M_("reservation", "Partly bought"), "success", "circle-check"),
    "not_bought": Word(M_("reservation", "Not bought"), "neutral", "undo-2"),
    "expired": Word(M_("reservation", "Nobody came"), "warning", "hourglass"),
    "canceled": Word(M_("reservation", "Canceled"), "neutral", "ban"),
}
PARCEL: Mapping[str, Word] = {
    "open": Word(M_("parcel", "Open"), "progress", "package-open"),
    "labeled": Word(M_("parcel", "Labeled"), "ready", "package-check"),
    "handed_over": Word(M_("parcel", "Handed over"), "info", "handshake"),
    "in_transit": Word(M_("parcel", "In transit"), "info", "truck"),
    "out_for_delivery": Word(M_("parcel", "Out for delivery"), "info", "truck"),
    "available_for_pickup": Word(M_("parcel", "To be fetched"), "ready", "map-pin"),
    "failed_attempt": Word(M_("parcel", "Nobody there"), "warning", "triangle-alert"),
    "exception": Word(M_("parcel", "Exception"), "danger", "triangle-alert"),
    "delivered": Word(M_("parcel", "Delivered"), "success", "circle-check"),
    "returned_to_sender": Word(M_("parcel", "Returned to sender"), "warning", "undo-2"),
    "lost": Word(M_("parcel", "Lost"), "danger", "circle-question-mark"),
    "damaged": Word(M_("parcel", "Damaged"), "danger", "package-x"),
    "voided": Word(M_("parcel", "Voided"), "neutral", "ban"),
}
SERVICE: Mapping[str, Word] = {
    "home": Word(M_("service", "Home"), "neutral", "truck"),
    "express": Word(M_("service", "Express"), "warning", "zap"),
    "collect": Word(M_("service", "Collect"), "ready", "shopping-bag"),
    "express_collect": Word(M_("service", "Collect within the hour"), "warning", "shopping-bag"),
    "reserve": Word(M_("service", "Reserve"), "ready", "shopping-bag"),
    "pickup_point": Word(M_("service", "Pickup point"), "neutral", "map-pin"),
    "take_away": Word(M_("service", "Take away"), "success", "shopping-bag"),
}
LOCATION_KIND: Mapping[str, Word] = {
    "warehouse": Word(M_("location", "Warehouse"), "neutral", "warehouse"),
    "store": Word(M_("location", "Store"), "neutral", "store"),
    "distributor": Word(M_("location", "Distributor"), "neutral", "boxes"),
    "reseller": Word(M_("location", "Reseller"), "neutral", "recycle"),
    "pickup_point": Word(M_("location", "Pickup point"), "neutral", "map-pin"),
}
LOCATION_STATE: Mapping[str, Word] = {
    "planned": Word(M_("location", "Planned"), "neutral", "calendar"),
    "open": Word(M_("location", "Open"), "success", "circle-check"),
    "paused": Word(M_("location", "Paused"), "warning", "hourglass"),
    "closing": Word(M_("location", "Closing"), "warning", "clock"),
    "closed": Word(M_("location", "Closed"), "neutral", "ban"),
}
CONDITION: Mapping[str, Message] = {
    "new": M_("item", "New"),
    "refurbished": M_("item", "Refurbished"),
    "used_a": M_("item", "Second-hand A"),
    "used_b": M_("item", "Second-hand B"),
    "used_c": M_("item", "Second-hand C"),
}
ROLE: Mapping[str, Message] = {
    "seller": M_("person", "Seller"),
    "associate": M_("person", "Store associate"),
    "store_manager": M_("person", "Store manager"),
    "area_manager": M_("person", "Area manager"),
    "partner": M_("person", "Partner"),
    "care": M_("person", "Customer service"),
    "merchandiser": M_("person", "Order manager"),
    "executive": M_("person", "Executive"),
    "admin": M_("person", "Administrator"),
}
KEY: Mapping[str, Word] = {
    "usable": Word(M_("key", "Usable"), "success", "circle-check"),
    "ending": Word(M_("key", "Ends soon"), "warning", "hourglass"),
    "expired": Word(M_("key", "Expired"), "neutral", "clock"),
    "revoked": Word(M_("key", "Revoked"), "neutral", "ban"),
}
REASON: Mapping[str, Message] = {
    "not_found": M_("reason", "not found"),
    "fewer": M_("reason", "fewer than recorded"),
    "damaged": M_("reason", "damaged"),
    "display": M_("reason", "on display"),
    "sold_meanwhile": M_("reason", "sold meanwhile"),
    "no_time": M_("reason", "no time"),
    "closed": M_("reason", "closed"),
}
STOCK_EFFECT: Mapping[str, Message] = {  # What a reason does to the stock, in a few words.
    "not_found": M_("effect", "none of it is sold until it is counted"),
    "fewer": M_("effect", "none of it is sold until it is counted"),
    "damaged": M_("effect", "not sold: damaged"),
    "display": M_("effect", "not sold: on display"),
    "sold_meanwhile": M_("effect", "waits for the till"),
    "no_time": M_("effect", "the stock stays"),
    "closed": M_("effect", "the stock stays"),
}
CANCEL_REASON: Mapping[str, Message] = {
    "customer": M_("cancel", "the customer wants it"),
    "fraud": M_("cancel", "fraud"),
    "duplicate": M_("cancel", "ordered twice"),
    "other": M_("cancel", "another reason"),
}
HOLD_REASON: Mapping[str, Message] = {
    "fraud": M_("hold", "suspicion of fraud"),
    "payment": M_("hold", "the payment"),
    "address": M_("hold", "the address"),
    "manual": M_("hold", "another reason"),
}
WITHDRAW_REASON: Mapping[str, Message] = {
    "timeout": M_("withdraw", "it took too long"),
    "pause": M_("withdraw", "the location pauses"),
    "incident": M_("withdraw", "an incident"),
    "reroute": M_("withdraw", "sent elsewhere"),
    "held": M_("withdraw", "the order is kept back"),
    "shortage": M_("withdraw", "fewer units than were promised"),
}
COUNTED = M_("movement", "Counted")
MOVEMENT: Mapping[str, Message] = {
    "received": M_("movement", "Received"),
    "sold_in_store": M_("movement", "Sold in the store"),
    "returned": M_("movement", "Returned"),
    "adjusted": M_("movement", "Adjusted"),
    "written_off": M_("movement", "Written off"),
    "dispatched": M_("movement", "Dispatched"),
    "regraded": M_("movement", "Regraded"),
    "shipped": M_("movement", "Shipped"),
    "collected": M_("movement", "Collected"),
}
ASIDE: Mapping[str, Message] = {
    "damaged": M_("aside", "Damaged"),
    "display": M_("aside", "On display"),
    "missing": M_("aside", "Missing"),
    "put_back": M_("aside", "To be put back"),
    "awaiting_till": M_("aside", "Sold, the till has not told yet"),
}
PROMISE_BADGE: Mapping[str, Message] = {
    "cheapest": M_("promise", "cheapest"),
    "fastest": M_("promise", "fastest"),
    "lowest_emissions": M_("promise", "lowest transport emissions of these"),
    "best": M_("promise", "best balance of the three"),
}
TRANSFER: Mapping[str, Word] = {
    "planned": Word(M_("transfer", "Planned"), "neutral", "calendar"),
    "dispatched": Word(M_("transfer", "Under way"), "info", "truck"),
    "received": Word(M_("transfer", "Received"), "success", "package-check"),
    "canceled": Word(M_("transfer", "Canceled"), "neutral", "ban"),
}
WEEKDAY: Mapping[str, Message] = {
    "monday": M_("day", "Monday"),
    "tuesday": M_("day", "Tuesday"),
    "wednesday": M_("day", "Wednesday"),
    "thursday": M_("day", "Thursday"),
    "friday": M_("day", "Friday"),
    "saturday": M_("day", "Saturday"),
    "sunday": M_("day", "Sunday"),
}
FEED_STATE: Mapping[str, Word] = {
    "held": Word(M_("feed", "Waits for you"), "warning", "hourglass"),
    "accepted": Word(M_("feed", "Being applied"), "progress", "hourglass"),
    "applied": Word(M_("feed", "Applied"), "success", "circle-check"),
    "rejected": Word(M_("feed", "Dropped"), "neutral", "ban"),
    "undoing": Word(M_("feed", "Being taken back"), "progress", "hourglass"),
    "undone": Word(M_("feed", "Taken back"), "neutral", "undo-2"),
}
WITHOUT: Messages = {
    "newer": M_("feed", "a newer count came: it stays"),
    "undone": M_("feed", "taken back"),
    "left": M_("feed", "left as a newer count says"),
}
WITHOUT_TASK: Messages = {
    "withdrawn": M_("feed", "nobody has to count it any more"),
    "reopened": M_("feed", "it has to be counted again"),
}
FEED_KIND: Messages = {"counts": M_("feed", "Counts"), "movements": M_("feed", "Movements")}
FEED_REASON: Mapping[str, Message] = {
    "suspicious": M_("feed", "it changes more than is usual"),
    "write_off": M_("feed", "it writes off much value"),
}
SOURCE_KIND: Mapping[str, Message] = {
    "book": M_("source", "Keeps books"),
    "physical": M_("source", "Counts the shelf"),
}
COUNT_REASON: Mapping[str, Message] = {
    "short_pick": M_("count", "Not found when it was picked"),
    "unrecorded": M_("count", "More left than the books knew of"),
    "shortage": M_("count", "Fewer units than are promised"),
    "asked": M_("count", "Somebody asked"),
}
COUNT_OUTCOME: Mapping[str, Message] = {
    "counted": M_("count", "Counted"),
    "dismissed": M_("count", "Not needed"),
}
AIM: Mapping[str, Message] = {
    "economic": M_("aim", "lowest cost"),
    "fastest": M_("aim", "earliest arrival"),
    "lowest_emissions": M_("aim", "lowest emissions"),
    "balanced": M_("aim", "balance of the three"),
    "whole_cost": M_("aim", "lowest whole cost, with what units are worth to their stores"),
}
MEASURE: Mapping[str, Message] = {
    "cost": M_("measure", "cost"),
    "time": M_("measure", "time"),
    "emissions": M_("measure", "emissions"),
    "parcels": M_("measure", "parcels"),
}
STRATEGY_SAID: Mapping[str, Message] = {
    "saved": M_("strategy", "The draft is saved. Nothing counts before it is published."),
    "checked": M_("strategy", "This is what a check finds."),
    "published": M_("strategy", "Published: orders follow it from now on."),
    "scheduled": M_("strategy", "Published: it counts from its time on."),
    "restored": M_("strategy", "The earlier version counts again."),
    "tried": M_("strategy", "Published as a trial: a share of the orders follows it."),
    "adopted": M_("strategy", "What was tried counts for all orders from now on."),
    "dropped": M_("strategy", "The trial has ended: no order follows it any more."),
}
PROTECTION: Mapping[str, Word] = {
    "buffer": Word(M_("protection", "Buffer"), "info", "shield"),
    "share": Word(M_("protection", "Share"), "ready", "shield"),
    "stop": Word(M_("protection", "Stop-sale"), "danger", "ban"),
    "listing": Word(M_("protection", "Listing"), "info", "calendar"),
}
IMPORT: Mapping[str, Message] = {
    "legal-entities": M_("import", "Legal entities"),
    "locations": M_("import", "Locations"),
    "hours": M_("import", "Opening hours"),
    "closures": M_("import", "Closures"),
    "channels": M_("import", "Channels"),
    "items": M_("import", "Items"),
    "carriers": M_("import", "Carriers"),
    "zones": M_("import", "Zones"),
    "lanes": M_("import", "Lanes"),
    "tariffs": M_("import", "Tariffs"),
    "transit": M_("import", "Days in transit"),
    "volume-caps": M_("import", "Volume caps"),
    "emission-factors": M_("import", "Emission factors"),
    "prices": M_("import", "Delivery prices"),
    "customers": M_("import", "Customers"),
    "stock": M_("import", "Stock counts"),
    "movements": M_("import", "Stock movements"),
    "pieces": M_("import", "Single pieces"),
    "protections": M_("import", "Protections"),
    "incoming": M_("import", "Incoming deliveries"),
    "names": M_("import", "Names that people read"),
    "orders": M_("import", "Orders sold elsewhere"),
}
IMPORT_STATE: Mapping[str, Word] = {
    "checking": Word(M_("import", "Checking"), "info", "hourglass"),
    "applying": Word(M_("import", "Applying"), "progress", "hourglass"),
    "done": Word(M_("import", "Done"), "success", "circle-check"),
    "failed": Word(M_("import", "Not applied"), "danger", "circle-x"),
    "held": Word(M_("import", "Waits for a person"), "warning", "hourglass"),
    "paused": Word(M_("import", "Paused"), "warning", "clock"),
}
VEHICLE: Mapping[str, Message] = {
    "van_diesel": M_("vehicle", "Diesel van"),
    "van_electric": M_("vehicle", "Electric van"),
    "rigid_to_7t": M_("vehicle", "Truck up to 7.5 t"),
    "rigid_to_17t": M_("vehicle", "Truck up to 17 t"),
    "rigid_over_17t": M_("vehicle", "Truck above 17 t"),
    "artic_over_33t": M_("vehicle", "Articulated truck"),
    "rigid_over_17t_cold": M_("vehicle", "Refrigerated truck above 17 t"),
    "artic_over_33t_cold": M_("vehicle", "Refrigerated articulated truck"),
    "rail": M_("vehicle", "Rail"),
    "ferry": M_("vehicle", "Ferry"),
    "air_domestic": M_("vehicle", "Plane, within a country"),
    "air_short": M_("vehicle", "Plane, short haul"),
    "air_long": M_("vehicle", "Plane, long haul"),
    "car": M_("vehicle", "Customer's car"),
    "hub": M_("vehicle", "Sorting hub"),
    "packaging": M_("vehicle", "Packaging"),
}
LEG: Mapping[str, Message] = {
    "replacement": M_("leg", "Bringing it to the store again"),
    "line_haul": M_("leg", "Between depots"),
    "hub": M_("leg", "Sorting"),
    "last_mile": M_("leg", "To the door"),
    "packaging": M_("leg", "Box"),
}
QUALITY: Mapping[str, Word] = {
    "primary": Word(M_("quality", "Carrier's own"), "success", "circle-check"),
    "modelled": Word(M_("quality", "Modelled"), "info", "gauge"),
    "default": Word(M_("quality", "Published average"), "neutral", "layers"),
    "assumed": Word(M_("quality", "Assumed"), "warning", "circle-question-mark"),
}
TERM: Mapping[str, Message] = {
    "all": M_("terms", "Lane"),
    "name": M_("terms", "Name"),
    "promise": M_("terms", "Service"),
    "cutoff": M_("terms", "Cut-off"),
    "pickup_days": M_("terms", "Picks up on"),
    "delivery_days": M_("terms", "Delivers on"),
    "parcel_weight_max_g": M_("terms", "Heaviest parcel"),
    "countries": M_("terms", "Picks up in"),
    "surcharge_ppm": M_("terms", "Fuel surcharge"),
    "line_haul": M_("terms", "Between depots"),
    "sorts": M_("terms", "Hubs on the way"),
    "last_mile": M_("terms", "To the door"),
    "stop_m": M_("terms", "Meters per stop"),
    "transit_days": M_("terms", "Days"),
    "transit_chances_ppm": M_("terms", "Chances of days"),
    "surcharge_cents": M_("terms", "Surcharge"),
    "rates": M_("terms", "Prices"),
    "tariffs": M_("terms", "Prices by day"),
    "valid_from": M_("terms", "First day"),
    "valid_until": M_("terms", "Last day"),
    "parcels_per_day_max": M_("terms", "Parcels a day"),
}
CHARGE: Mapping[str, Message] = {
    "shipping": M_("charge", "Shipping"),
    "gift_wrap": M_("charge", "Gift wrap"),
    "discount": M_("charge", "Discount"),
}


def fulfillment_word(state: str, *, is_fetched: bool) -> Word:
    """What waits in a store waits for a carrier or for a customer."""
    return READY_TO_COLLECT if state == "ready" and is_fetched else FULFILLMENT[state]
