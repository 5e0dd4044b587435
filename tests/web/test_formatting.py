"""One formatter, the same text for the same value in each language, to the no-break space."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ovunque.access.model import Language
from ovunque.web.formatting import Formatter
from ovunque.web.language import choose, translations
from ovunque.web.stores.scanning import code_of

NOW = datetime(2026, 11, 24, 17, 5, tzinfo=UTC)
IT, EN = (Formatter(language, "Europe/Rome", NOW) for language in ("it", "en"))


def plain(text: str) -> str:
    """Blanks that do not break, made visible."""
    return text.replace("\N{NO-BREAK SPACE}", "_").replace("\N{NARROW NO-BREAK SPACE}", "_")


@pytest.mark.parametrize(
    ("minor", "currency", "italian", "english"),
    [
        (123_450, "EUR", "1234,50_€", "€1,234.50"),
        (1_234_567, "EUR", "12.345,67_€", "€12,345.67"),
        (-990, "EUR", "-9,90_€", "-€9.90"),
        (0, "EUR", "0,00_€", "€0.00"),
        (1_500, "JPY", "1500_JPY", "JP¥1,500"),
        (12_345, "KWD", "12,345_KWD", "KWD_12.345"),
    ],
)
def test_money(minor: int, currency: str, italian: str, english: str) -> None:
    assert plain(IT.money(minor, currency)) == italian
    assert plain(EN.money(minor, currency)).replace("KWD12", "KWD_12") == english


def test_numbers_round_half_away_from_zero() -> None:
    assert IT.percent(Decimal("0.0345")) == "3,5%"
    assert EN.percent(Decimal("0.0345")) == "3.5%"
    assert [IT.number(Decimal(f"{n}.5")) for n in (0, 1, 2)] == ["1", "2", "3"]
    assert (IT.number(1_234), IT.number(12_345)) == ("1234", "12.345")
    assert (EN.number(1_234), IT.signed(-2), IT.signed(3)) == ("1,234", "−2", "+3")


def test_weights_and_durations() -> None:
    assert [plain(IT.grams(g)) for g in (212, 1_000, 1_255, 12_345)] == [
        "212_g",
        "1_kg",
        "1,26_kg",
        "12,35_kg",
    ]
    assert [plain(IT.minutes(m)) for m in (1, 75, 1_440, 3_000)] == [
        "1_min",
        "1_h_15_min",
        "1_giorno",
        "2_giorni_2_h",
    ]


def test_instants_are_those_of_the_place() -> None:
    summer = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert (IT.time(NOW), EN.time(NOW)) == ("18:05", "18:05")
    assert plain(IT.day(NOW)) == "mar_24_nov"
    assert plain(EN.day(summer)) == "Thu_2_Jul"
    assert plain(IT.moment(NOW - timedelta(days=1))) == "23_nov, 18:05"
    assert plain(EN.date(NOW - timedelta(days=400))) == "20_Oct_2025"
    assert IT.moment(NOW) == IT.soon(NOW) == "18:05"
    assert plain(IT.soon(NOW + timedelta(days=3))) == "ven_18:05"
    assert plain(IT.soon(NOW + timedelta(days=7))) == "1_dic, 18:05"
    midnight = NOW + timedelta(hours=5, minutes=55)
    assert (IT.by(NOW), IT.by(midnight)) == ("18:05", "23:59"), "midnight ends this day"
    assert IT.ago(NOW - timedelta(minutes=5)) == "5 minuti fa"
    assert EN.machine(NOW) == "2026-11-24T17:05:00+00:00"


@pytest.mark.parametrize(
    ("accepted", "preferred", "chosen"),
    [
        ("", [], "en"),
        ("it", [], "it"),
        ("de-DE, it;q=0.7, en;q=0.6", [], "it"),
        ("it;q=0, en", [], "en"),
        ("it", [None, "en"], "en"),
        ("it", ["xx"], "it"),
        ("*;q=0.5, nonsense;;;", [], "en"),
        ("it," * 10_000, [], "it"),
    ],
)
def test_the_language_that_somebody_reads(
    accepted: str, preferred: list[str | None], chosen: str
) -> None:
    assert choose(accepted, preferred) == chosen


def test_italian_has_three_plurals() -> None:
    say = translations(Language.ITALIAN).ngettext
    texts = [say("%(num)s parcel waits for %(carrier)s", "…", n) for n in (0, 1, 2, 1_000_000)]
    assert texts[1] != texts[0] == texts[2] == texts[3]


@pytest.mark.parametrize(
    ("scanned", "code"),
    [
        (" 8033333333017\n", "8033333333017"),
        ("]E08033333333017", "8033333333017"),
        ("https://id.example.org/01/08033333333017/21/12", "08033333333017"),
        ("(01)08033333333017", "08033333333017"),
        ("0108033333333017", "08033333333017"),
        ("(00)095212340000000013", "095212340000000013"),
        ("00095212340000000013", "095212340000000013"),
        ("JK-LIN-SND-M", "JK-LIN-SND-M"),
        ("OV-10482", "OV-10482"),
    ],
)
def test_what_a_scanner_reads(scanned: str, code: str) -> None:
    assert code_of(scanned) == code
