"""What pages are made of keeps its promises: contrasts, sizes, no code in the markup."""

import gzip
import re
from collections.abc import Iterable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from tests.house.source import ROOT, keeps

from ovunque.web.assets import STYLES, load_assets
from ovunque.web.garments import GARMENTS, SWATCHES

WEB = ROOT / "src" / "ovunque" / "web"
STATIC = WEB / "static"
TOKENS = STATIC / "css" / "tokens.css"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))

TEXT_CONTRAST_MIN, SHAPE_CONTRAST_MIN = 4.5, 3.0
GROUNDS = ("bg", "surface", "sunken")
TEXTS = ("text", "muted", "subtle", "link")
SHAPES = ("control", "focus")
PAIRS = {"on-accent": "accent", "on-alarm": "alarm"}
TONES = ("neutral", "info", "progress", "ready", "success", "warning", "danger")

STYLE_BYTES_MAX = 15_000  # gzip, as it travels
SHELL_BYTES_MAX = 60_000  # gzip: everything a store's phone loads but its font
FONT_BYTES_MAX = 140_000
MODULE_LINES_MAX = 200
TEMPLATE_LINES_MAX = 120
TEMPLATE_LINE_LENGTH_MAX = 300

HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")
ICONS = (  # Where an icon is named: shown at once, in a list of links, in a table of words.
    re.compile(r'(?:icon|empty)\("([a-z0-9-]+)"'),
    re.compile(r'"([a-z0-9-]+)", \("'),
    re.compile(r'Word\(.+, "[a-z]+", "([a-z0-9-]+)"\)'),
)
CODE_IN_MARKUP = {
    "an inline style": re.compile(r"\sstyle\s*="),
    "an inline handler": re.compile(r"\s(?:on[a-z]+|hx-on[:a-z-]*)\s*="),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)"),
    "code for htmx": re.compile(r"hx-[a-z]+=[\"'](?:js:|javascript:)|hx-trigger=\"[^\"]*\["),
    "an address elsewhere": re.compile(r"(?:src|href|action)=\"(?:https?:)?//"),
    "what is not escaped": re.compile(r"\|\s*safe\b|autoescape false"),
}

Colors = dict[str, tuple[str, str]]


def tokens() -> Colors:
    """Every color by name: light, dark."""
    found: Colors = {}
    text = TOKENS.read_text(encoding="utf-8")
    for name, light, dark, both in re.findall(
        r"--([a-z-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}))", text
    ):
        found[name] = (both, both) if both else (light, dark)
    return found


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pairs() -> Iterator[tuple[str, str, float]]:
    """What stands on what, and how much they have to differ."""
    for ground in (*GROUNDS, "accent-soft"):
        yield from ((name, ground, TEXT_CONTRAST_MIN) for name in (*TEXTS[:2], "link"))
    for ground in GROUNDS:
        yield "subtle", ground, TEXT_CONTRAST_MIN
        yield from ((name, ground, SHAPE_CONTRAST_MIN) for name in SHAPES)
    for name, ground in PAIRS.items():
        yield name, ground, TEXT_CONTRAST_MIN
    yield "on-accent", "accent-hover", TEXT_CONTRAST_MIN
    for tone in TONES:
        yield f"{tone}-fg", f"{tone}-bg", TEXT_CONTRAST_MIN
    yield "danger-fg", "surface", TEXT_CONTRAST_MIN


def too_pale(colors: Colors) -> list[str]:
    return [
        f"--{name} on --{ground}, {theme}: {found:.2f}, at least {wanted}"
        for name, ground, wanted in pairs()
        for nth, theme in enumerate(("light", "dark"))
        if (found := contrast(colors[name][nth], colors[ground][nth])) < wanted
    ]


def packed(*names: str) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names)


def code_in_markup(templates: Iterable[Path]) -> list[str]:
    return [
        f"{template.name}: {what}, {found.group().strip()}"
        for template in templates
        for what, pattern in CODE_IN_MARKUP.items()
        if (found := pattern.search(template.read_text(encoding="utf-8")))
    ]


def load_vendoring() -> ModuleType:
    spec = spec_from_file_location("vendoring", ROOT / "locks" / "vendor.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def icons_named() -> set[str]:
    """Icons that templates and tables of words ask for."""
    texts = [file.read_text(encoding="utf-8") for file in (*TEMPLATES, *WEB.rglob("*.py"))]
    return {name for text in texts for icon in ICONS for name in icon.findall(text)}


def test_colors_can_be_told_apart() -> None:
    keeps(too_pale(tokens()))


def test_a_pale_color_is_found() -> None:
    colors = tokens() | {"muted": ("#AAAAAA", "#FFFFFF")}
    assert len(too_pale(colors)) == 4


def test_colors_stand_in_the_token_file_alone() -> None:
    files = [STATIC / "css" / f"{name}.css" for name in STYLES if name != "tokens"]
    keeps(
        [
            f"{file.name}: {HEX.findall(file.read_text())}"
            for file in files
            if HEX.search(file.read_text())
        ]
    )
    assert {file.stem for file in (STATIC / "css").glob("*.css")} == set(STYLES)


def test_every_tint_is_dyed() -> None:
    assert {f"swatch-{name}" for name in SWATCHES.values()} <= tokens().keys() | {"swatch-black"}


def test_pages_stay_light() -> None:
    styles = b"".join((STATIC / "css" / f"{name}.css").read_bytes() for name in STYLES)
    assert len(gzip.compress(styles)) <= STYLE_BYTES_MAX
    modules = [f"js/{file.name}" for file in (STATIC / "js").glob("*.js")]
    if not (STATIC / "vendor").is_dir():
        pytest.skip("other people's files have not been brought: npm is missing")
    shell = packed(
        "vendor/htmx.js", "vendor/hx-sse.js", "vendor/icons.svg", "garments.svg", *modules
    )
    assert shell + len(gzip.compress(styles)) <= SHELL_BYTES_MAX
    fonts = (STATIC / "vendor").glob("*.woff2")
    assert sum(font.stat().st_size for font in fonts) <= FONT_BYTES_MAX


def test_our_modules_and_templates_are_small() -> None:
    sizes = dict.fromkeys((STATIC / "js").glob("*.js"), MODULE_LINES_MAX)
    sizes |= dict.fromkeys(TEMPLATES, TEMPLATE_LINES_MAX)
    keeps(
        [
            f"{file.name}: {lines} lines, at most {most}"
            for file, most in sizes.items()
            if (lines := len(file.read_text(encoding="utf-8").splitlines())) > most
        ]
    )


def test_markup_holds_no_code() -> None:
    keeps(code_in_markup(TEMPLATES))


def test_code_in_markup_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '<p style="x" onclick="y" hx-get="js:z">{{ a | safe }}</p><script>1</script>'
        '<img src="//elsewhere/x.png">'
    )
    assert len(code_in_markup([page])) == len(CODE_IN_MARKUP)


def test_icons_are_those_that_are_used() -> None:
    vendoring = load_vendoring()
    named = icons_named()
    assert set(vendoring.ICONS) == named, "locks/vendor.py names the icons"


def test_garments_are_drawn() -> None:
    text = (STATIC / "garments.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', text))
    assert drawn == set(GARMENTS.values()) | {"hanger"}


def test_assets_have_one_version() -> None:
    assets = load_assets()
    assert assets.url("app.css") == f"/static/{assets.version}/app.css"
    assert load_assets().version == assets.version


SCRIPTS = sorted([STATIC / "sw.js", *(STATIC / "js").glob("*.js")])
UNSOUND = {
    "a name from outside becomes one of an object: use a Map": re.compile(
        r"\w\[[^\]\"'0-9]+\]\s*=[^=>]|__proto__|Object\.assign\(\{\}|Object\.setPrototypeOf"
    ),
    "text becomes code": re.compile(r"\beval\(|new Function|set(?:Timeout|Interval)\(['\"`]"),
    "text becomes markup": re.compile(
        r"(?:inner|outer)HTML\s*=|document\.write|insertAdjacentHTML"
    ),
    "words from other windows are heard": re.compile(r"['\"]message['\"]|onmessage|postMessage"),
}


def unsound(scripts: Iterable[Path]) -> Iterator[str]:
    for script in scripts:
        text = re.sub(r"^\s*//.*$", "", script.read_text(encoding="utf-8"), flags=re.MULTILINE)
        yield from (f"{script.name}: {why}" for why, form in UNSOUND.items() if form.search(text))


def test_scripts_take_no_names_code_or_messages_from_outside() -> None:
    keeps(list(unsound(SCRIPTS)))


def test_unsound_scripts_are_found(tmp_path: Path) -> None:
    script = tmp_path / "x.js"
    script.write_text(
        'all[name] = 1; eval("x"); a.innerHTML = b; addEventListener("message", hear);'
    )
    assert len(list(unsound([script]))) == len(UNSOUND)
