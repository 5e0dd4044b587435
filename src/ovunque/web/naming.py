"""Names instead of codes on a page: asked for once, and only by pages that show some."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from ovunque.access.model import SYSTEM
from ovunque.network.model import Location

Given = Mapping[tuple[str, str], str]


class NameBook:
    """What people call what programs know by a code."""

    def __init__(
        self,
        read: Callable[[], Given],
        list_people: Callable[[], Mapping[str, str]],
        places: Mapping[str, Location],
    ) -> None:
        self._read, self._list_people = read, list_people
        self._places = places

    @cached_property
    def _given(self) -> Given:
        return self._read()

    @cached_property
    def _people(self) -> Mapping[str, str]:
        return self._list_people()

    def person(self, actor: str) -> str | None:
        """Who stands in the journal, by their name: a person, or a carrier that told something."""
        if actor == SYSTEM.name:
            return None
        return self._people.get(actor) or self._given.get(("carrier", actor))

    def known(self, kind: str, code: str) -> str | None:
        """The name that somebody gave it; none: it has its code alone."""
        if kind == "location":
            return self._places[code].name if code in self._places else None
        return self._given.get((kind, code))

    def all(self, kind: str, codes: Iterable[str]) -> list[str]:
        return [self(kind, code) for code in codes]

    def __call__(self, kind: str, code: str) -> str:
        """What people read: the name, else the code; a carrier's as the short form it is."""
        return self.known(kind, code) or (code.upper() if kind == "carrier" else code)
