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
    M_("detail", "A stop keeps everything: it has no units."),
    M_("detail", "It ends before it begins."),
    M_("detail", "There is no item {code}."),
    M_("detail", "The last day comes before the first."),
    M_("detail", "Say until when parcels are taken."),
    M_("detail", "Each weight is greater than the one before it."),
    M_("detail", "On {day} another tariff counts already."),
)
HOLE = re.compile(r"\\\{(\w+)\\\}")


@cache
def _pattern(message: Message) -> re.Pattern[str]:
    return re.compile(HOLE.sub(r"(?P<\1>.+)", re.escape(message.text)), re.DOTALL)


def spoken(language: Language, text: str) -> str:
    """A thing or a reason in this language; as it is where we have no words for it.

    Of several that fit, the one that leaves least open says most.
    """
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
    return spoken(language, str(value)) if name in ("what", "detail") else value


def faults_of(language: Language, refusal: Refusal | None) -> list[str]:
    """What is wrong, field by field."""
    return [spoken(language, each.detail) for each in refusal.errors] if refusal else []
