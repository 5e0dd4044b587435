"""Passwords are looked at in turn, and nobody waits behind a crowd."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from ovunque.access import hashing
from ovunque.kernel.refusal import Refusal

CROWD = 24


def test_a_crowd_at_the_door_is_told_to_come_again_and_the_first_are_served() -> None:
    kept = hashing.hash_password("right", b"0123456789abcdef")
    together = Barrier(CROWD)

    def knock(_: int) -> str:
        together.wait(30)
        try:
            return str(hashing.is_password(kept, "right"))
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(CROWD) as crowd:
        told = list(crowd.map(knock, range(CROWD)))
    assert set(told) == {"True", "doors_busy"}
    assert told.count("True") >= 1 + hashing.WAITING_MAX
    assert hashing.is_password(kept, "right"), "the line is open again"
    assert not hashing.is_password(kept, "wrong")
