"""Lists of items that a shop asks for again and again: known by their bytes, within bounds."""

import pytest
from tests.worlds import CHANNEL

from ovunque.api import availability


def test_lists_that_are_asked_for_again_are_remembered_and_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask = f"channel={CHANNEL}".encode()
    pair, other, third = (
        ask + each for each in (b"&sku=A&sku=B", b"&sku=A&sku=C", b"&sku=B&sku=C")
    )
    monkeypatch.setattr(availability, "LISTED_BYTES_MAX", 2 * len(pair))
    listings = availability.Listings()
    first = listings.find(pair)
    assert listings.find(other) is listings.find(other)
    assert listings.find(pair) is first, "two have room"
    assert listings.find(third) is listings.find(third)
    assert listings.find(pair) is not first, "and it begins anew"
    assert listings.find(ask + b"&sku=A") is not listings.find(ask + b"&sku=A"), "too many of those"
    assert listings.find(ask) is None
