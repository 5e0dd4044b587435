"""Hours of a day, such as `09:30-13:00`, as minutes since its midnight."""

import re

Span = tuple[int, int]

DAY_MINUTES = 24 * 60
SPAN = re.compile("([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]|24):([0-5][0-9])")


def parse_span(text: str) -> Span | None:
    """None: this is no span; 24:00 is the end of a day."""
    match = SPAN.fullmatch(text)
    if match is None:
        return None
    opens_hour, opens_minute, closes_hour, closes_minute = map(int, match.groups())
    span = (opens_hour * 60 + opens_minute, closes_hour * 60 + closes_minute)
    return span if span[0] < span[1] <= DAY_MINUTES else None


def text_of_span(span: Span) -> str:
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)
