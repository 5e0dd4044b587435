"""What an item must be before it is stored: the tables' own bounds, in words."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ovunque.catalog.model import Condition, ItemRequest, Sought
from ovunque.kernel.refusal import Fault
from ovunque.kernel.rows import LANGUAGE, Faults, code, each_of, known, one_of, text, within
from ovunque.kernel.text import is_gtin, search_key

GTIN_DIGITS = 14  # Shorter ones lead with zeros.
COMPONENTS_MAX = 100
FRAGMENT = 3  # Letters: so many stand in each entry of the index.


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What items of a batch may point to, as it would stand when the batch were stored."""

    skus: Collection[str]
    bundles: Collection[str]
    parts: Collection[str]  # What bundles are made of.
    owners: Mapping[str, str]  # The sku that has or is first to name a barcode.


def check_item(request: ItemRequest) -> Faults:
    """What the row itself shows."""
    return (
        *code("/sku", request.sku),
        *text("/product", request.product, 64),
        *check_titles(request.titles),
        *each_of("/gtins", request.gtins, gtin),
        *text("/category", request.category, 100),
        *text("/season", request.season, 100),
        *text("/color", request.color, 100),
        *text("/size", request.size, 100),
        *one_of("/condition", request.condition, Condition),
        *within("/weight_g", request.weight_g, 1, 1_000_000),
        *within("/length_mm", request.length_mm, 1, 100_000),
        *within("/width_mm", request.width_mm, 1, 100_000),
        *within("/height_mm", request.height_mm, 1, 100_000),
        *within("/price_cents", request.price_cents, 0, 100_000_000),
        *within("/cost_cents", request.cost_cents, 0, 100_000_000),
        *within("/components", len(request.components), 0, COMPONENTS_MAX),
        *check_components(request),
    )


def check_titles(titles: Mapping[str, str]) -> Faults:
    if "en" not in titles:
        return (Fault("/titles/en", "missing", "An item has a title in English at least."),)
    strange = [each for each in titles if not LANGUAGE.fullmatch(each)]
    if strange:
        return (Fault("/titles", "malformed", "Titles go by languages such as it or de-CH."),)
    return tuple(
        fault for each, title in titles.items() for fault in text(f"/titles/{each}", title)
    )


def gtin(pointer: str, value: str) -> Faults:
    if is_gtin(value):
        return ()
    sentence = "A barcode is a GTIN of 8, 12, 13 or 14 digits, the last of which checks the rest."
    return (Fault(pointer, "malformed", sentence),)


def check_components(request: ItemRequest) -> Iterator[Fault]:
    """Each component once, never the bundle itself."""
    seen: set[str] = set()
    for at, (sku, quantity) in enumerate(request.components):
        yield from code(f"/components/{at}/sku", sku)
        yield from within(f"/components/{at}/quantity", quantity, 1, 1_000)
        if sku == request.sku:
            yield Fault(f"/components/{at}/sku", "nested", "A bundle does not hold itself.")
        if sku in seen:
            yield Fault(f"/components/{at}/sku", "duplicate", "This component was named before.")
        seen.add(sku)


def check_surroundings(request: ItemRequest, around: Surroundings) -> Iterator[Fault]:
    """What the row points to: barcodes are nobody else's, components exist and are no bundles."""
    for at, each in enumerate(request.gtins):
        owner = around.owners.get(full_gtin(each), request.sku)
        if owner != request.sku:
            yield Fault(f"/gtins/{at}", "duplicate", f"This barcode is that of {owner}.")
    for at, (sku, _) in enumerate(request.components):
        pointer = f"/components/{at}/sku"
        yield from known(pointer, sku, around.skus)
        if sku in around.bundles and sku != request.sku:
            yield Fault(pointer, "nested", f"{sku} is a bundle: a bundle holds single items.")
    if request.components and request.sku in around.parts:
        sentence = "This item is part of a bundle: it cannot be a bundle itself."
        yield Fault("/components", "nested", sentence)


def first_owners(requests: Sequence[ItemRequest], standing: Mapping[str, str]) -> dict[str, str]:
    """Whose each barcode is: an item's outside the batch, or the first one's to name it."""
    batch = {each.sku for each in requests}
    owners = {each: sku for each, sku in standing.items() if sku not in batch}
    for request in requests:
        for each in request.gtins:
            owners.setdefault(full_gtin(each), request.sku)
    return owners


def full_gtin(value: str) -> str:
    return value.zfill(GTIN_DIGITS)


def tidy(request: ItemRequest) -> ItemRequest:
    """The same row with its sets in one order, so that equal rows are equal."""
    return replace(
        request,
        gtins=tuple(sorted({full_gtin(each) for each in request.gtins})),
        components=tuple(sorted(request.components)),
    )


def search_text(request: ItemRequest) -> str:
    """Where a fragment is sought: sku, titles in all languages, barcodes."""
    return search_key("\n".join((request.sku, *request.titles.values(), *request.gtins)))


def sought(q: str) -> Sought:
    """What is typed, as `search_text` is written; the order of its words does not matter."""
    words = tuple(dict.fromkeys(search_key(q).split()))
    letters = {word[at : at + FRAGMENT] for word in words for at in range(len(word) - FRAGMENT + 1)}
    return Sought(words=words, fragments=tuple(sorted(letters)))
