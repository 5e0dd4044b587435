"""Whatever a page says, it says in every language, with the same things filled in."""

import pytest
from babel.messages import Catalog, Message
from tests.house import catalogs
from tests.house.source import keeps

from ovunque.access.model import Language


def untranslated(catalog: Catalog) -> list[str]:
    return [
        f"{catalog.locale}: {message.id!r} is not translated"
        for message in catalogs.texts(catalog)
        if message.fuzzy or not all(strings_of(message))
    ]


def unlike_placeholders(catalog: Catalog) -> list[str]:
    """Translations that fill in other things than the source does."""
    found = []
    for message in catalogs.texts(catalog):
        wanted = catalogs.placeholders(ids_of(message)[-1])
        fewer = wanted - ({"%(num)s"} if len(ids_of(message)) > 1 else set())  # *One* says it.
        found += [
            f"{catalog.locale}: {string!r} fills in other things"
            for string in strings_of(message)
            if not fewer <= catalogs.placeholders(string) <= wanted
        ]
    return found


def differing(catalog: Catalog, template: Catalog) -> list[str]:
    """Messages that are said and not collected, or collected and not said."""
    here, there = (set(map(key_of, catalogs.texts(each))) for each in (catalog, template))
    missing = (f"{catalog.locale}: {key} is missing" for key in there - here)
    unused = (f"{catalog.locale}: nobody says {key}" for key in here - there)
    return sorted((*missing, *unused))


def key_of(message: Message) -> str:
    return f"{message.context or ''}: {ids_of(message)}"


def ids_of(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def strings_of(message: Message) -> tuple[str, ...]:
    strings = message.string or ""
    return (strings,) if isinstance(strings, str) else tuple(strings)


@pytest.fixture(scope="module")
def template() -> Catalog:
    return catalogs.said()


@pytest.fixture(params=[each.value for each in Language])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    return catalogs.read(request.param)


def test_every_language_has_its_catalog() -> None:
    assert set(catalogs.languages()) == set(Language)


def test_catalogs_hold_what_is_said(catalog: Catalog, template: Catalog) -> None:
    keeps(differing(catalog, template))


def test_catalogs_are_complete(catalog: Catalog) -> None:
    keeps(untranslated(catalog))


def test_translations_fill_in_the_same_things(catalog: Catalog) -> None:
    keeps(unlike_placeholders(catalog))


def test_plurals_have_the_forms_of_their_language(catalog: Catalog) -> None:
    assert catalog.plural_forms == catalogs.PLURALS[str(catalog.locale)]
    forms = catalog.num_plurals
    keeps(
        [
            f"{catalog.locale}: {message.id} needs {forms} forms"
            for message in catalogs.texts(catalog)
            if not isinstance(message.id, str) and len(strings_of(message)) != forms
        ]
    )


def test_catalogs_are_written_the_same_twice(catalog: Catalog, template: Catalog) -> None:
    language = str(catalog.locale)
    text = (catalogs.LOCALE / f"{language}.po").read_text(encoding="utf-8")
    assert text == catalogs.write(language, catalogs.renewed(language, template)), "make messages"


def test_planted_faults_are_found() -> None:
    template, planted = Catalog(), Catalog(locale="it")
    template.add("One %(name)s")
    template.add("Two")
    planted.add("One %(name)s", "Uno %(nome)s")
    planted.add("Three", "")
    assert len(differing(planted, template)) == 2
    assert len(untranslated(planted)) == 1
    assert len(unlike_placeholders(planted)) == 1
