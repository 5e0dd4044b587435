"""A guard: a piece of code that the tests have to miss."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Guard:
    name: str
    file: str  # Below src/ovunque.
    snippet: str
    instead: str
    tests: tuple[str, ...]  # As pytest takes them.


def tests(file: str, *names: str) -> tuple[str, ...]:
    """Some tests of a file, or all."""
    return (f"tests/{file}", *(("-k", " or ".join(names)) if names else ()))
