"""Who may try to get in: the street waits, whoever has been here before does not."""

from ovunque.access import rules
from ovunque.access.admitting import (
    BESIEGED_PER_SECOND,
    SIEGE_SECONDS,
    STREET_BURST_SECONDS,
    STREET_PER_SECOND,
    Door,
    Doorkeeper,
)
from ovunque.platform.clock import new_secret

SECRETS = {1: b"a secret of the house, all have it"}
BURST = int(STREET_PER_SECOND * STREET_BURST_SECONDS)


class Clock:
    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def strangers(keeper: Doorkeeper, number: int, mark: str = "") -> list[Door]:
    """Each from somewhere else."""
    return [keeper.admit(mark, f"198.51.{nth // 250}.{nth % 250}") for nth in range(number)]


def test_the_street_gets_a_few_tries_and_then_as_many_a_second() -> None:
    clock = Clock()
    keeper = Doorkeeper(lambda: SECRETS, 1, clock)
    told = strangers(keeper, 2 * BURST)
    assert told == [Door.STREET] * BURST + [Door.BUSY] * BURST
    clock.at += 1
    assert strangers(keeper, BURST).count(Door.STREET) == STREET_PER_SECOND
    many = Doorkeeper(lambda: SECRETS, 64, clock)
    assert strangers(many, 1) == [Door.STREET], "one of many processes lets somebody in"


def test_besieged_hardly_anybody_is_looked_at_until_the_crowd_has_gone() -> None:
    clock = Clock()
    keeper = Doorkeeper(lambda: SECRETS, 1, clock)
    assert strangers(keeper, 500).count(Door.STREET) <= BURST + 1
    for _ in range(5):
        clock.at += 1 / BESIEGED_PER_SECOND
        assert strangers(keeper, 500).count(Door.STREET) == 1
    clock.at += SIEGE_SECONDS - 1
    assert strangers(keeper, BURST).count(Door.STREET) == 1, "they may come back"
    clock.at += 1
    assert strangers(keeper, BURST) == [Door.STREET] * BURST


def test_who_has_been_here_does_not_wait_behind_the_crowd() -> None:
    keeper = Doorkeeper(lambda: SECRETS, 1, Clock())
    mark = keeper.mark(new_secret(), "marta")
    keeper.come_in("marta", "203.0.113.7")
    assert Door.BUSY in strangers(keeper, 500)
    assert keeper.admit(mark, "192.0.2.1") == Door.KNOWN
    assert keeper.admit("", "203.0.113.7") == Door.KNOWN, "colleagues of hers come from there"
    assert keeper.admit("", "192.0.2.1") == Door.BUSY
    tries = [keeper.admit(mark, "192.0.2.1") for _ in range(rules.ACCOUNT_TRIES_MAX + 5)]
    assert tries.count(Door.KNOWN) == rules.ACCOUNT_TRIES_MAX - 1, "a stolen mark is one browser's"


def test_a_mark_is_made_by_nobody_else_and_belongs_to_its_owner() -> None:
    secrets = dict(SECRETS)
    keeper = Doorkeeper(lambda: secrets, 1, Clock())
    mark = keeper.mark(new_secret(), "marta")
    assert keeper.is_of(mark, "marta")
    assert not keeper.is_of(mark, "luca")
    foreign = Doorkeeper(lambda: {1: b"another"}, 1, Clock()).mark(new_secret(), "marta")
    for wrong in (foreign, mark[:-1], f"{mark}x", "é" * len(mark), "." * len(mark), mark[::-1]):
        assert not keeper.is_of(wrong, "marta"), wrong
        assert Door.BUSY in strangers(keeper, 500, wrong), wrong
    secrets[2] = b"drawn anew"
    assert keeper.is_of(mark, "marta"), "as long as the secret before opens"
    del secrets[1]
    assert not keeper.is_of(mark, "marta")


def test_an_address_and_a_name_have_bounds_that_a_good_try_gives_back() -> None:
    keeper = Doorkeeper(lambda: SECRETS, 1, Clock())
    for _ in range(3 * rules.ADDRESS_TRIES_MAX):
        keeper.come_in("marta", "203.0.113.7")
        assert keeper.admit("", "203.0.113.7") == Door.KNOWN
        assert keeper.may_try("marta")
        keeper.come_in("marta", "203.0.113.7")
    tries = [keeper.admit("", "203.0.113.7") for _ in range(rules.ADDRESS_TRIES_MAX + 5)]
    assert tries.count(Door.TOO_OFTEN) == 5
    assert [keeper.may_try("luca") for _ in range(12)].count(True) == rules.ACCOUNT_TRIES_MAX
