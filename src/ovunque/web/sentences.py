"""What refusals name and why they refuse, in the reader's language.

The rooms say it in English, as programs read it; here stand those that people meet on screens.
What is not among them is shown as the rooms say it.
"""

import re
from functools import cache

from ovunque.access.model import Language
from ovunque.kernel.money import Amount
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web.formatting import money
from ovunque.web.language import M_, Message, say, translations

THINGS = (
    M_("thing", "this page"),
    M_("thing", "this shop"),
    M_("thing", "this item"),
    M_("thing", "this file"),
    M_("thing", "this address"),
    M_("thing", "this step"),
    M_("thing", "order"),
    M_("thing", "order {code}"),
    M_("thing", "item {code}"),
    M_("thing", "location"),
    M_("thing", "location {code}"),
    M_("thing", "location group {code}"),
    M_("thing", "legal entity {code}"),
    M_("thing", "channel {code}"),
    M_("thing", "zone {code}"),
    M_("thing", "carrier"),
    M_("thing", "carrier {code}"),
    M_("thing", "carrier service {code}"),
    M_("thing", "carrier pickup"),
    M_("thing", "lane {code}"),
    M_("thing", "draft of {code}"),
    M_("thing", "draft of prices"),
    M_("thing", "protection {code}"),
    M_("thing", "source {code}"),
    M_("thing", "strategy {code}"),
    M_("thing", "simulation"),
    M_("thing", "person {code}"),
    M_("thing", "customer {code}"),
    M_("thing", "key"),
    M_("thing", "device"),
    M_("thing", "session"),
    M_("thing", "second factor"),
    M_("thing", "task"),
    M_("thing", "fulfillment"),
    M_("thing", "parcel"),
    M_("thing", "parcel {code} on its way here"),
    M_("thing", "parcel of this carrier at this location"),
    M_("thing", "store reservation"),
    M_("thing", "shelf count"),
    M_("thing", "open count task"),
    M_("thing", "scan"),
    M_("thing", "unmatched scan"),
    M_("thing", "transfer"),
    M_("thing", "feed"),
    M_("thing", "import"),
    M_("thing", "manifest"),
    M_("thing", "open incident"),
    M_("thing", "piece {code}"),
    M_("thing", "bad rows of this import"),
    M_("thing", "colleague"),
    M_("thing", "fulfillment of this order"),
    M_("thing", "hold of a program"),
    M_("thing", "hold"),
    M_("thing", "line"),
    M_("thing", "order of this customer"),
    M_("thing", "place of yours"),
    M_("thing", "service of a carrier that takes this parcel"),
    M_("thing", "step"),
    M_("thing", "store"),
    M_("thing", "way to sign in"),
    M_("thing", "The person {code}"),
    M_("thing", "The provider {code}"),
    M_("thing", "Transfer {code}"),
    M_("thing", "closure of {code} on {day}"),
    M_("thing", "earlier version of {code}"),
    M_("thing", "version of {code} in force"),
    M_("thing", "opening hours of {code}"),
    M_("thing", "kind {code}"),
    M_("thing", "provider {code}"),
    M_("thing", "publication of {code}"),
    M_("thing", "trial of {code} that runs"),
    M_("thing", "label: it has not been bought yet"),
    M_("thing", "{login} at {provider}"),
)
DETAILS = (
    M_("detail", "a number of units is written with digits."),
    M_("detail", "choose two different places."),
    M_("detail", "only a location that is open can pause."),
    M_("detail", "say until when as 2026-12-24T18:30."),
    M_("detail", "a pause ends later than now."),
    M_("detail", "write a date and a time."),
    M_("detail", "say from which day on these prices count."),
    M_("detail", "write chances as 1:60 2:30 3:10, percent by days."),
    M_("detail", "say where it goes."),
    M_("detail", "the name of a source is a code: letters, digits, - and _."),
    M_("detail", "the form is not complete."),
    M_("detail", "write a whole number."),
    M_("detail", "prices go down by 100 percent at most."),
    M_("detail", "choose a file first."),
    M_("detail", "a key needs a scope at least."),
    M_("detail", "“{told}” is no number such as 5.40."),
    M_("detail", "A code is 1 to 64 letters, digits and . _ / + - between letters or digits."),
    M_("detail", "This text has {has} characters, at most {most} are taken."),
    M_("detail", "This text is blank."),
    M_("detail", "This text has control characters, or is not NFC."),
    M_("detail", "This number is not between {low} and {high}."),
    M_("detail", "Say one of {these}."),
    M_("detail", "This has another shape than {example}."),
    M_("detail", "There is no {code}."),
    M_("detail", "At least one is needed."),
    M_("detail", "This password is one of those that leak most often."),
    M_("detail", "This password is made of your own name or of the house's."),
    M_("detail", "A name has 1 to {most} characters."),
    M_("detail", "A name is one line that can be printed."),
    M_("detail", "A name is one line of 1 to {most} characters."),
    M_("detail", "A login is 1 to 64 small letters, digits and . _ - between letters or digits."),
    M_("detail", "A password has {least} to {most} characters."),
    M_("detail", "A PIN has six digits, and is not easy to guess."),
    M_("detail", "This role works at one location: name it."),
    M_("detail", "This role works for all locations."),
    M_("detail", "{told} is no network such as 203.0.113.0/24 or 2001:db8::/32."),
    M_("detail", "This is in the past."),
    M_("detail", "A day has at most {most} spans."),
    M_("detail", "A span ends after it begins."),
    M_("detail", "A span begins after the one before."),
    M_("detail", "A day lies between {first} and {last}."),
    M_("detail", "Say from when it is sold, or until when."),
    M_("detail", "Say how many units, or which percentage of on-hand."),
    M_("detail", "Say for which channels the share is kept."),
    M_("detail", "A buffer is nobody's: it has no channels."),
    M_("detail", "It ends before it begins."),
    M_("detail", "There is no item {code}."),
    M_("detail", "The last day comes before the first."),
    M_("detail", "Say until when parcels are taken."),
    M_("detail", "Each weight is greater than the one before it."),
    M_("detail", "On {day} another tariff counts already."),
    M_("detail", "What stops sales keeps everything: it has no units."),
    M_("detail", "this role works at one place."),
    M_("detail", "“{told}” is no group, an equals sign and a role."),
    M_("detail", "A code is 1 to 32 small letters, digits and - between them."),
    M_("detail", "People of stores need a claim that names their store."),
    M_("detail", "{most} roles at most."),
    M_("detail", "A claim for roles and its values belong together."),
    M_("detail", "{field} is one line of 1 to {most} characters."),
    M_("detail", "An issuer is an address without query and fragment."),
    M_("detail", "This is no address of the web."),
    M_("detail", "An address may have no user, no password and no fragment."),
    M_("detail", "Only https on port 443 or 8443."),
    M_("detail", "This address lies inside a network."),
    M_("detail", "A single piece is not new."),
    M_("detail", "A photo is an address that begins with {these}."),
    M_("detail", "This piece is here as {code}."),
    M_("detail", "An item has a title in English at least."),
    M_("detail", "Titles go by languages such as it or de-CH."),
    M_(
        "detail",
        "A barcode is a GTIN of 8, 12, 13 or 14 digits, the last of which checks the rest.",
    ),
    M_("detail", "A bundle does not hold itself."),
    M_("detail", "This component was named before."),
    M_("detail", "This item is part of a bundle: it cannot be a bundle itself."),
    M_("detail", "This barcode is that of {code}."),
    M_("detail", "{code} is a bundle: a bundle holds single items."),
    M_("detail", "{one} cannot go instead of {other}."),
    M_("detail", "Bundles have no substitutes, and are none."),
    M_("detail", "A customer has an e-mail address or an external id, or nobody finds them again."),
    M_("detail", "A row before this one names the same customer."),
    M_("detail", "Another customer has this e-mail address."),
    M_("detail", "It is of another service."),
    M_("detail", "This is no code."),
    M_("detail", "A bound is up to {most} letters and digits."),
    M_("detail", "An area has both bounds, or none for the whole country."),
    M_("detail", "The last postal code comes before the first."),
    M_("detail", "A chance lies between 0 and {most}."),
    M_("detail", "The chances add up to {has} instead of {all} parts of a million."),
    M_(
        "detail", "A hub goes with tonne_handled, packaging with parcel, a vehicle with the others."
    ),
    M_("detail", "A service is one of a carrier: name it."),
    M_("detail", "Say from which day on it counts."),
    M_("detail", "Say either chances by days, or days by quantile."),
    M_("detail", "A number of days is named twice."),
    M_("detail", "The chances add up to {has} instead of 100."),
    M_("detail", "The last quantile is 100: the most it may take."),
    M_("detail", "After {percent} % within {days} comes no {more} % within {later}."),
    M_("detail", "There is no lane {code}."),
    M_("detail", "A visit ends after it has begun."),
    M_("detail", "{what} has no column {these}."),
    M_("detail", "This has more than {most} characters."),
    M_("detail", "at most {most} columns can be called otherwise."),
    M_("detail", "say which column is which as theirs=ours."),
    M_("detail", "{file} has other columns than {names} ({why}).{perhaps}"),
    M_("detail", "There is no such column here.{perhaps}"),
    M_("detail", "This column is required."),
    M_("detail", "Two columns are called this."),
    M_("detail", "a strategy is a list of names with values."),
    M_("detail", "this is no YAML: {why}."),
    M_("detail", "{file} is not named for what it holds, like stock.wms.csv."),
    M_("detail", "{file} is empty."),
    M_("detail", "{file} has no rows."),
    M_("detail", "{file} has more than {most} rows: divide it."),
    M_("detail", "{file} is being imported by somebody else."),
    M_("detail", "{file} has no line with anything on it."),
    M_("detail", "{file} has a header that cannot be read: {line}."),
    M_("detail", "{file} is a ZIP archive or a workbook: save it as CSV in UTF-8."),
    M_("detail", "{file} is text in UTF-16: save it as CSV in UTF-8."),
    M_("detail", "{has} entries are too many, at most {most} are taken."),
    M_("detail", "A row before this one names the same."),
    M_("detail", "The location does not pause."),
    M_("detail", "Say a time zone such as Europe/Rome."),
    M_("detail", "A degree here is between -{least} and {most}."),
    M_("detail", "This order is in {currency}."),
    M_("detail", "Nobody fetches this delivery."),
    M_("detail", "Say where it is to be delivered."),
    M_("detail", "There is no such channel."),
    M_("detail", "There is no such item."),
    M_("detail", "There is no such new item."),
    M_("detail", "There is no such location."),
    M_("detail", "There is no such delivery."),
    M_("detail", "There is no such service."),
    M_("detail", "There is no such zone."),
    M_("detail", "From 0 to {most}."),
    M_("detail", "Channel {code} sells in {currency}."),
    M_("detail", "No line belongs to this delivery."),
    M_("detail", "This is more than the line is worth."),
    M_("detail", "This channel does not sell this item."),
    M_("detail", "This channel does not sell what lies there."),
    M_("detail", "Only what is fetched has a collector."),
    M_("detail", "Say where it is collected."),
    M_("detail", "Say where it goes."),
    M_("detail", "Say where it goes, or where it is collected."),
    M_("detail", "Only a collection names a location."),
    M_("detail", "it was made for another cart"),
    M_("detail", "it was made for another {what}"),
    M_("detail", "it was sealed by another version"),
    M_("detail", "it was not sealed here"),
    M_("detail", "{code}: {some} of {all} available"),
    M_("detail", "{code}: no location can bring it there like this"),
    M_("detail", "no location can serve these together"),
    M_("detail", "{channel}: nothing says what {service} costs."),
    M_("detail", "This item is sold from {day}."),
    M_("detail", "At most {most} rows."),
    M_("detail", "Another row is for the same."),
    M_("detail", "Between 1 and {most}."),
    M_("detail", "Between 1 and {most} strategies."),
    M_("detail", "Between 1 and {most} lines."),
    M_("detail", "Say one of them: days, generate or orders."),
    M_("detail", "Each of them once."),
    M_("detail", "line {number}: {why}."),
    M_("detail", "there is no channel, item or location to order from."),
    M_("detail", "whoever ran it died, again and again."),
    M_("detail", "Say a location, a carrier or a country: something that is out."),
    M_("detail", "There is no location {code}."),
    M_("detail", "There is no carrier {code}."),
    M_("detail", "A postal code means something in a country only."),
    M_("detail", "It would be over already."),
    M_("detail", "Nothing can be reserved there today."),
    M_("detail", "A visit is within {days} days from now."),
    M_("detail", "There are {has}, not between {low} and {high}."),
    M_("detail", "An instant is written like 2026-03-02T09:00:00Z."),
    M_("detail", "{code} is the name of books of ours."),
    M_("detail", "what is available never contains what is picked: say picked_inside."),
    M_("detail", "This lies ahead of our clock."),
    M_("detail", "Only a receipt is of a delivery."),
    M_("detail", "This number is 0, or not between {low} and {high}."),
    M_("detail", "A reference is one line of text."),
    M_("detail", "A reference has at most {most} characters."),
    M_("detail", "This day is not in {first} to {last}."),
    M_("detail", "Say one of sku, product and category."),
    M_("detail", "Say either a location or a group."),
    M_("detail", "name 1 to {most} items."),
    M_("detail", "{line}: write a sku and a number of units."),
    M_("detail", "write hours as 09:30-13:00, at most {most} a day."),
    M_("detail", "This is required."),
    M_("detail", "There is no such field here."),
    M_("detail", "Not one of the values allowed here."),
    M_("detail", "the query holds a control character."),
    M_("detail", "a hold of this order has that reason"),
    M_("detail", "say minutes or an instant, not both"),
    M_("detail", "a hold ends within {days} days from now"),
    M_("detail", "this hold does not end by itself"),
)
SPOKEN = frozenset({"what", "detail", "first"})  # What of a refusal is said in words.
HOLE = re.compile(r"\\\{(\w+)\\\}")


@cache
def _pattern(message: Message) -> re.Pattern[str]:
    return re.compile(HOLE.sub(r"(?P<\1>.+)", re.escape(message.text)), re.DOTALL)


def spoken(language: Language, text: str) -> str:
    """A thing or a reason in this language; as it is where we have no words for it.

    Of several that fit, the one that leaves least open says most.
    """
    at, colon, rest = text.partition(": ")
    if colon and at.startswith("/"):  # A field of a document, before what is wrong with it.
        return f"{at}: {spoken(language, rest)}"
    found = [
        (message, match)
        for message in (*THINGS, *DETAILS)
        if (match := _pattern(message).fullmatch(text))
    ]
    if not found:
        return text
    message, match = min(found, key=lambda each: sum(map(len, each[1].groups())))
    return say(language, message).format(**match.groupdict())


def explain(language: Language, refusal: Refusal) -> str:
    """The sentence of a refusal, for whoever reads this language."""
    template = translations(language).gettext(refusals.ANSWERS[refusal.code].text)
    told = {name: _told(language, name, value) for name, value in refusal.details.items()}
    return refusals.fill(template, told)


def _told(language: Language, name: str, value: object) -> object:
    if isinstance(value, Amount):
        return money(language, value.minor, value.currency)
    if name == "short":  # Reason by reason.
        return ", ".join(spoken(language, each) for each in str(value).split(", "))
    return spoken(language, str(value)) if name in SPOKEN else value


def faults_of(language: Language, refusal: Refusal | None) -> list[str]:
    """What is wrong, field by field."""
    return [spoken(language, each.detail) for each in refusal.errors] if refusal else []
