"""The catalog on a real database: items, barcodes and bundles, and their view in memory."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from tests.factories import NOW, TESTER

from ovunque.catalog import listing
from ovunque.catalog.model import Item, ItemFilter, ItemRequest
from ovunque.catalog.saving import save_item, save_items
from ovunque.catalog.snapshot import ItemView, load, refresh
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.rows import Saved
from ovunque.platform.database import Database, Tx

GTIN, SHORT_GTIN = "4006381333931", "96385074"
COAT = ItemRequest(
    sku="COAT-M",
    product="COAT",
    titles={"en": "Rain coat", "de": "Regenmantel für die Straße"},
    gtins=(GTIN, SHORT_GTIN),
    category="jackets",
    season="2026-1",
    color="blue",
    size="M",
    weight_g=900,
    length_mm=400,
    width_mm=300,
    height_mm=80,
    price_cents=12_900,
    cost_cents=5_100,
)
USED = replace(COAT, sku="COAT-M-USED", gtins=(), condition="used_a", price_cents=None)
HAT = ItemRequest(sku="HAT", product="HAT", titles={"en": "Hat"}, weight_g=150)
SET = ItemRequest(
    sku="SET",
    product="SET",
    titles={"en": "Coat and hat"},
    weight_g=1_100,
    components=(("HAT", 2), ("COAT-M", 1)),
)


def save(database: Database, *rows: ItemRequest) -> Saved:
    return database.transact(lambda tx: save_items(tx, TESTER, rows, NOW))


def find(database: Database, sku: str) -> Item:
    return database.read(lambda tx: listing.find_item(tx, sku))


def faults(database: Database, *rows: ItemRequest) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as caught:
        save(database, *rows)
    assert caught.value.code == "invalid"
    return [(each.pointer, each.code) for each in caught.value.errors]


@pytest.fixture
def catalog(database: Database) -> Database:
    """A coat, new and used, a hat, and the set of both; the set comes first in its batch."""
    assert save(database, SET, COAT, USED, HAT) == Saved(created=4)
    return database


def test_what_is_saved_is_read_again(catalog: Database) -> None:
    coat = find(catalog, "COAT-M")
    assert coat.gtins == ("00000096385074", "04006381333931")
    same = [name for name in COAT.__slots__ if name != "gtins"]
    assert all(getattr(coat, name) == getattr(COAT, name) for name in same)
    assert find(catalog, "SET").components == (("COAT-M", 1), ("HAT", 2))
    assert find(catalog, "COAT-M-USED").price_cents is None


def test_one_fact_names_all_items_of_a_batch(catalog: Database) -> None:
    save(catalog, replace(HAT, size="L"))
    told = catalog.read(
        lambda tx: tx.execute(
            "select kind, subject, body from journal order by position"
        ).fetchall()
    )
    assert told == [
        ("item.changed", "4 items", {"skus": ["SET", "COAT-M", "COAT-M-USED", "HAT"]}),
        ("item.changed", "HAT", {"skus": ["HAT"]}),
    ]


def test_a_second_save_of_the_same_rows_writes_nothing(catalog: Database) -> None:
    shuffled = replace(COAT, gtins=(SHORT_GTIN, f"0{GTIN}"))
    assert save(catalog, shuffled, SET, HAT, USED) == Saved(unchanged=4)
    assert find(catalog, "COAT-M").version == 1
    row = catalog.read(lambda tx: tx.execute("select count(*) from journal").fetchone())
    assert row == (1,)


def test_a_batch_creates_replaces_and_leaves_alone(catalog: Database) -> None:
    other = replace(SET, components=(("HAT", 3),))
    glove = replace(HAT, sku="GLOVE")
    assert save(catalog, other, glove, COAT) == Saved(created=1, changed=1, unchanged=1)
    found = find(catalog, "SET")
    assert (found.components, found.version) == ((("HAT", 3),), 2)
    assert save(catalog, replace(COAT, gtins=())) == Saved(changed=1)
    assert find(catalog, "COAT-M").gtins == ()


def test_all_faults_of_a_batch_are_told_and_nothing_is_saved(catalog: Database) -> None:
    assert faults(
        catalog,
        replace(HAT, weight_g=5),
        replace(HAT, sku="A", weight_g=0, gtins=(GTIN,)),
        replace(SET, sku="B", components=(("SET", 1), ("NOTHING", 1))),
        replace(HAT, sku="A\x00"),
        replace(HAT, sku="HAT", gtins=("4\x00",)),
    ) == [
        ("/1/weight_g", "out_of_bounds"),
        ("/1/gtins/0", "duplicate"),
        ("/2/components/0/sku", "nested"),
        ("/2/components/1/sku", "unknown_reference"),
        ("/3/sku", "malformed"),
        ("/4/gtins/0", "malformed"),
        ("/4/sku", "duplicate"),
    ]
    assert find(catalog, "HAT").weight_g == HAT.weight_g


def test_bundles_do_not_nest_whichever_way_they_are_built(catalog: Database) -> None:
    glove = replace(HAT, sku="GLOVE")
    assert faults(catalog, glove, replace(HAT, components=(("GLOVE", 1),))) == [
        ("/1/components", "nested")
    ]
    pair = replace(HAT, sku="PAIR", components=(("TRIO", 1),))
    trio = replace(HAT, sku="TRIO", components=(("HAT", 3),))
    assert faults(catalog, pair, trio) == [
        ("/0/components/0/sku", "nested"),
        ("/1/components", "nested"),
    ]
    # What was a bundle may become a part, and its part a bundle, in one batch.
    single = replace(SET, components=())
    assert save(catalog, single, replace(HAT, components=(("SET", 1),))) == Saved(changed=2)


def test_a_barcode_moves_with_both_items_or_not_at_all(catalog: Database) -> None:
    assert faults(catalog, replace(HAT, gtins=(GTIN,))) == [("/0/gtins/0", "duplicate")]
    bare, named = replace(COAT, gtins=(SHORT_GTIN,)), replace(HAT, gtins=(GTIN,))
    assert save(catalog, named, bare) == Saved(changed=2)
    assert find(catalog, "HAT").gtins == ("04006381333931",)
    assert find(catalog, "COAT-M").gtins == ("00000096385074",)


def test_two_items_that_ask_for_one_barcode_at_once_get_it_once(database: Database) -> None:
    def ask(turn: int) -> str:
        row = replace(HAT, sku=f"HAT-{turn % 4}", gtins=(GTIN,))
        try:
            save(database, row)
        except Refusal as refusal:
            return refusal.errors[0].code
        return row.sku

    with ThreadPoolExecutor(8) as askers:
        (winner,) = set(askers.map(ask, range(16))) - {"duplicate"}
    assert find(database, winner).gtins == (f"0{GTIN}",)


def test_a_bundle_and_its_part_are_not_nested_by_two_at_once(database: Database) -> None:
    """The second one waits for the first, and then sees what the first has made of its item."""
    save(database, HAT, replace(HAT, sku="GLOVE"), replace(HAT, sku="SCARF"))
    hats = replace(HAT, components=(("GLOVE", 1),))
    gloves = replace(HAT, sku="GLOVE", components=(("SCARF", 1),))
    with database.connect() as other, ThreadPoolExecutor(1) as waiting:
        with other.transaction():
            save_items(other, TESTER, [hats], NOW)
            told = waiting.submit(faults, database, gloves)
            wait_for_a_lock(database)
        assert told.result() == [("/0/components", "nested")]


def wait_for_a_lock(database: Database) -> None:
    """Until somebody waits for somebody: the moment the race is about."""
    waiting = "select exists (select from pg_locks where not granted)"
    for _ in range(100_000):
        if database.read(lambda tx: tx.execute(waiting).fetchone()) == (True,):
            return
    raise AssertionError("nobody ever waited")


def test_what_somebody_else_changed_is_not_written_over(catalog: Database) -> None:
    def edit(size: str, seen: int) -> int:
        row = replace(HAT, size=size)
        return catalog.transact(
            lambda tx: save_item(tx, TESTER, row, NOW, expected_version=seen)
        ).version

    assert edit("L", 1) == 2
    with pytest.raises(Refusal, match="version_conflict"):
        edit("XL", 1)


def test_faults_of_one_item_point_into_it(catalog: Database) -> None:
    row = replace(HAT, weight_g=0)
    with pytest.raises(Refusal) as caught:
        catalog.transact(lambda tx: save_item(tx, TESTER, row, NOW))
    assert [each.pointer for each in caught.value.errors] == ["/weight_g"]


@pytest.mark.parametrize(
    ("filters", "skus"),
    [
        (ItemFilter(), ["COAT-M", "COAT-M-USED", "HAT", "SET"]),
        (ItemFilter(q="coat"), ["COAT-M", "COAT-M-USED", "SET"]),
        (ItemFilter(q="STRASSE"), ["COAT-M", "COAT-M-USED"]),
        (ItemFilter(q="638133"), ["COAT-M"]),
        (ItemFilter(q="used OAT-m"), ["COAT-M-USED"]),
        (ItemFilter(q="strasse 638133"), ["COAT-M"]),
        (ItemFilter(q="strasse hat"), []),
        (ItemFilter(q="-m"), ["COAT-M", "COAT-M-USED"]),
        (ItemFilter(q="%"), []),
        (ItemFilter(product="COAT"), ["COAT-M", "COAT-M-USED"]),
        (ItemFilter(category="jackets", condition="used_a"), ["COAT-M-USED"]),
    ],
)
def test_items_are_found_by_any_fragment_and_by_what_they_are(
    catalog: Database, filters: ItemFilter, skus: list[str]
) -> None:
    found = catalog.read(lambda tx: listing.list_items(tx, filters=filters))
    assert [each.sku for each in found] == skus


def test_a_rare_fragment_is_found_by_an_index(catalog: Database, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(
            """
            insert into item (sku, product, titles, condition, weight_g, search)
            select 'X-' || nth, 'X', '{"en": "Scarf"}', 'new', 1, 'x-' || nth || chr(10) || 'scarf'
              from generate_series(10000, 20000) as nth
            """
        )
        owner.execute("analyze item")

    def scans(tx: Tx) -> int:
        row = tx.execute("select pg_stat_get_xact_numscans('item_fragments'::regclass)").fetchone()
        assert row is not None
        return int(row[0])

    def look(tx: Tx, q: str) -> tuple[list[str], int]:
        before = scans(tx)
        found = listing.list_items(tx, filters=ItemFilter(q=q), limit=2)
        return [each.sku for each in found], scans(tx) - before

    assert catalog.read(lambda tx: look(tx, "scarf 17123")) == (["X-17123"], 1)
    assert catalog.read(lambda tx: look(tx, "scarf")) == (["X-10000", "X-10001"], 0)


def test_pages_follow_each_other_by_sku(catalog: Database) -> None:
    first = catalog.read(lambda tx: listing.list_items(tx, limit=2))
    rest = catalog.read(lambda tx: listing.list_items(tx, after=first[-1].sku, limit=2))
    assert [each.sku for each in (*first, *rest)] == ["COAT-M", "COAT-M-USED", "HAT", "SET"]


@pytest.mark.parametrize("sku", ["NOTHING", "", "\x00"])
def test_what_is_not_there_is_not_found(catalog: Database, sku: str) -> None:
    with pytest.raises(Refusal, match="not_found"):
        find(catalog, sku)


def test_the_view_holds_what_an_order_line_needs(catalog: Database) -> None:
    items = catalog.read(load).items
    assert items["SET"] == ItemView(
        "SET", "SET", None, "new", 1_100, None, (("COAT-M", 1), ("HAT", 2))
    )
    coat = items["COAT-M"]
    assert coat == ItemView(
        "COAT-M", "COAT", "jackets", "new", 900, 12_900, (), coat.color, coat.size
    )
    assert len(items) == 4


def test_a_view_takes_over_what_changed_and_stays_itself(catalog: Database) -> None:
    before = catalog.read(load)
    save(catalog, replace(HAT, weight_g=200), replace(HAT, sku="GLOVE"), replace(USED, size="L"))
    after = catalog.read(lambda tx: refresh(tx, before, ["HAT", "GLOVE", "NOTHING"]))
    assert (before.items["HAT"].weight_g, after.items["HAT"].weight_g) == (150, 200)
    assert after.items.keys() - before.items.keys() == {"GLOVE"}
    assert after.items["SET"] is before.items["SET"]
