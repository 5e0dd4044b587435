"""Signatures that others can check, times of tries, and places where we never send."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from standardwebhooks.webhooks import Webhook as TheirWebhook
from standardwebhooks.webhooks import WebhookVerificationError

from ovunque.integrations.webhooks import rules
from ovunque.integrations.webhooks.sending import Reply, Sender, Unreachable, reply_of
from ovunque.platform.clock import new_secret, now

BODY = b'{"type":"order.placed","data":{}}'


def headers(secrets: list[str], body: bytes, at: datetime) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": rules.sign(secrets, "msg_1", at, body),
    }


def test_the_library_of_the_standard_takes_our_signatures() -> None:
    """While a secret changes, both the old and the new one open the message."""
    old, new = (rules.secret_of(new_secret()) for _ in range(2))
    told = headers([new, old], BODY, now())
    for secret in (old, new):
        TheirWebhook(secret).verify(BODY, told)
    with pytest.raises(WebhookVerificationError):
        TheirWebhook(rules.secret_of(new_secret())).verify(BODY, told)
    with pytest.raises(WebhookVerificationError):
        TheirWebhook(new).verify(BODY + b" ", told)
    with pytest.raises(WebhookVerificationError):
        TheirWebhook(new).verify(BODY, headers([new], BODY, now() - timedelta(hours=1)))


def test_ten_tries_take_three_days() -> None:
    waits = [rules.wait_after(attempts, jitter=0) for attempts in range(1, 11)]
    assert waits[0] == timedelta(seconds=5)
    assert waits[-1] is None
    told = [each for each in waits if each is not None]
    assert told == sorted(told)
    assert 75 < sum(told, timedelta()) / timedelta(hours=1) < 76
    hurried = rules.wait_after(1, jitter=1)
    assert hurried is not None
    assert timedelta(seconds=4) < hurried < timedelta(seconds=5)


def test_who_keeps_failing_is_left_alone_longer_and_longer() -> None:
    pauses = [rules.pause_after(failures) for failures in range(1, 30)]
    assert pauses[:2] == [None, None]
    told = [each for each in pauses[2:] if each is not None]
    assert told == sorted(told)
    assert told[-1] == rules.PAUSE_MAX


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com/hook",
        "https://shop.example.com:444/hook",
        "https://user@shop.example.com/",
        "https://user:word@shop.example.com/",
        "https://shop.example.com/#here",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1]/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        "https://shop.example.com:99999/",
        "https://shop.example.com:0/",
        "https://",
        "https:///hook",
        "ftp://shop.example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://shop.example.com/\r\nX: y",
        "https://shop.example.com\\@evil.example.com/",
        "https://[::1",
        "https://caffè.example.com/",
        "https://shop.example.com/" + "x" * 500,
    ],
)
def test_addresses_that_nothing_is_sent_to(url: str) -> None:
    assert rules.why_not(url, private=False)
    with pytest.raises(Unreachable):
        Sender(resolve=lambda *_: ["93.184.216.34"]).post(url, {}, b"")


@pytest.mark.parametrize("url", ["https://shop.example.com/a?b=c", "https://x.example:8443/"])
def test_addresses_that_are_fine(url: str) -> None:
    assert rules.why_not(url, private=False) is None


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "::",
        "::1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
def test_a_name_that_leads_inside_is_not_followed(address: str) -> None:
    """Whatever else it leads to, too: the second look of a rebinding name never happens."""
    assert not rules.is_public(ip_address(address))
    sender = Sender(resolve=lambda *_: ["93.184.216.34", address])
    with pytest.raises(Unreachable, match="inside"):
        sender.post("https://shop.example.com/", {}, b"")


def test_public_addresses_are_public() -> None:
    for address in ("93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"):
        assert rules.is_public(ip_address(address))


def test_how_few_are_few_is_said_more_or_less_broadly() -> None:
    low = {("", ""): 1, ("web", ""): 2, ("", "COAT"): 3, ("web", "COAT"): 4}
    asked = [("web", "COAT"), ("till", "COAT"), ("web", "HAT"), ("till", "HAT")]
    assert [rules.few(low, *where) for where in asked] == [4, 3, 2, 1]
    assert rules.few({}, "web", "COAT") is None


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (5, 5, []),
        (5, 4, ["stock.changed"]),
        (0, 4, ["stock.changed", "back_in_stock"]),
        (4, 3, ["stock.changed", "low_stock"]),
        (3, 2, ["stock.changed"]),
        (9, 0, ["stock.changed", "low_stock"]),
        (None, 4, ["stock.changed"]),
    ],
)
def test_a_change_is_called_by_what_it_means(
    before: int | None, after: int, kinds: list[str]
) -> None:
    assert [*rules.kinds(before, after, few=3)] == kinds


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 02 Mar 2026 09:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", -3_600.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("9" * 400, 999_999_999.0),
    ],
)
def test_when_to_come_again_is_read_in_both_ways(told: str, seconds: float | None) -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert Reply(status=429, retry_after=told).wait(at) == seconds


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1", b"SSH-2.0-x", b"HTTP/1.1 abc", b"\xff\xfe"])
def test_what_is_no_http_is_no_answer(head: bytes) -> None:
    with pytest.raises(ValueError, match="no HTTP"):
        reply_of(head)
