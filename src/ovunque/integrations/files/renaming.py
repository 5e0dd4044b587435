"""Files that call our columns otherwise: said once, remembered, suggested by likeness."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from ovunque.integrations.files.columns import Columns
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import normal

NAMES_MAX = 100
NAME_LENGTH_MAX = 100
LIKENESS = 0.75
NO_LETTERS = re.compile(r"[^a-z0-9]+")

# What others call them, of those columns that nearly every system has.
ALIASES: Mapping[str, Sequence[str]] = {
    "location": ("store", "shop", "warehouse", "site", "negozio", "magazzino", "sede", "deposito"),
    "sku": ("item", "article", "product code", "item code", "articolo", "codice", "cod articolo"),
    "on_hand": ("stock", "quantity", "qty", "units", "giacenza", "esistenza", "quantita", "pezzi"),
    "as_of": ("date", "counted at", "timestamp", "data", "data conteggio", "aggiornato"),
    "quantity": ("qty", "units", "quantita", "pezzi", "qta"),
    "occurred_at": ("date", "timestamp", "moved at", "data", "data movimento"),
    "kind": ("type", "movement", "tipo", "causale"),
    "id": ("number", "document", "numero", "documento"),
    "title": ("name", "description", "nome", "descrizione"),
    "gtin": ("ean", "barcode", "upc", "codice a barre"),
    "name": ("description", "nome", "descrizione", "ragione sociale"),
    "code": ("id", "codice"),
}


def renamed(names: Sequence[str], renames: Mapping[str, str]) -> tuple[str, ...]:
    """Names of columns or fields in our words; one that has our name already keeps it."""
    return tuple(
        ours if (ours := renames.get(each)) is not None and ours not in names else each
        for each in names
    )


def suggest(ours: Sequence[str], theirs: Sequence[str]) -> dict[str, str]:
    """Which of their columns may be which of ours that is missing; none is suggested twice."""
    missing = [each for each in ours if each not in theirs]
    found: dict[str, str] = {}
    for name in theirs:
        if name in ours or not 0 < len(name) <= NAME_LENGTH_MAX:
            continue
        match = closest(name, missing)
        if match is not None:
            found[name] = match
            missing.remove(match)
    return found


def closest(name: str, missing: Iterable[str]) -> str | None:
    """The missing column that is called so elsewhere, or nearly."""
    words = {
        plain(word): column for column in missing for word in (column, *ALIASES.get(column, ()))
    }
    found = get_close_matches(plain(name), words, n=1, cutoff=LIKENESS)
    return words[found[0]] if found else None


def plain(name: str) -> str:
    return NO_LETTERS.sub(" ", name.lower().replace("à", "a")).strip()


def strangers(renames: Mapping[str, str], columns: Columns) -> list[str]:
    """Which of the columns that are said to be ours are none."""
    return sorted({each for each in renames.values() if not columns.has(each)})


def parse_renames(told: Iterable[str]) -> dict[str, str]:
    """What `theirs=ours` says, one each; refused when it says less."""
    found: dict[str, str] = {}
    for each in told:
        theirs, equals, ours = (part.strip() for part in normal(each).rpartition("="))
        if not equals or not 0 < len(theirs) <= NAME_LENGTH_MAX or not len(ours) > 0:
            raise Refusal("invalid", detail="say which column is which as theirs=ours.")
        found[theirs] = ours[:NAME_LENGTH_MAX]
    if len(found) > NAMES_MAX:
        raise Refusal("invalid", detail=f"at most {NAMES_MAX} columns can be called otherwise.")
    return found
