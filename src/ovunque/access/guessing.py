"""Passwords that somebody would guess: those that leaked most often, and words of the house."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib import import_module

from ovunque.access import rules
from ovunque.kernel.refusal import Fault
from ovunque.kernel.text import search_key

HOUSE = ("ovunque",)
WORD_LENGTH_MIN = 4  # Shorter ones stand in every second sentence.


@cache
def _leaked() -> Collection[str]:
    """Some thirty thousand passwords of real leaks, brought by a package; read when one is set."""
    lists = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS
    return frozenset(lists["passwords"])


def check(password: str, words: Iterable[str]) -> Iterator[Fault]:
    """What is wrong with a new password of somebody; `words` are those that lie at hand."""
    yield from rules.check_password(password)
    told = search_key(password)
    if told in _leaked():
        yield Fault("/password", "guessable", "This password is one of those that leak most often.")
    left = told
    for each in sorted({search_key(word) for word in (*HOUSE, *words)}, key=len, reverse=True):
        left = left.replace(each, "") if len(each) >= WORD_LENGTH_MIN else left
    if left != told and len(left) < rules.PASSWORD_LENGTH_MIN // 2:
        detail = "This password is made of your own name or of the house's."
        yield Fault("/password", "guessable", detail)
