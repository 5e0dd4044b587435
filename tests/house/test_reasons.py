"""A page speaks one language: it has words for every reason that a room gives."""

import re
from collections.abc import Collection, Iterable

from tests.house.reasons import reasons
from tests.house.source import SRC, Module, keeps, read

from ovunque.web.sentences import DETAILS, THINGS

# Codes, names and numbers of somebody; and what another part says, for which there are words.
WORDLESS = {"", "{}", "{}: {}", "{} {}.", "{} {}", "{}_…"}
HOLE = re.compile(r"\{\w*\}")


def shape(text: str) -> str:
    """A text without the names of its holes."""
    return HOLE.sub("{}", text)


def unspoken(modules: Iterable[Module], known: Collection[str]) -> list[str]:
    return [
        f"{module.at(node)}: web/sentences.py has no words for {text!r}"
        for module in modules
        for node, text in reasons(module)
        if text not in known and text not in WORDLESS
    ]


def test_every_reason_has_words() -> None:
    keeps(unspoken(read(SRC), {shape(each.text) for each in (*DETAILS, *THINGS)}))


def test_planted_reasons_are_found() -> None:
    planted = Module(
        "orders/x.py",
        """
def check(told: str) -> None:
    sentence = f"The {told} is odd." if told else "It is none."
    for detail in (sentence, "No."):
        raise Refusal("invalid", detail=f"No {told[:3]}.", errors=(Fault("/x", "y", sentence),))
    raise Refusal("not_found", what="unicorn", errors=(Fault("/x", "y", faults[0].detail),))
    raise Refusal("not_found", what=why(told))
""",
    )
    found = unspoken([planted], {"No {}."})
    assert {each.rpartition(" for ")[2] for each in found} == {
        "'The {} is odd.'",
        "'It is none.'",
        "'unicorn'",
    }
    assert unspoken([Module("api/x.py", planted.text)], ()) == []
