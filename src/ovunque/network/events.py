"""What the network room announces: codes only, readers look at the present state."""

from collections.abc import Sequence

from ovunque.platform.journal import Fact

LEGAL_ENTITY = "legal_entity.changed"
LOCATION = "location.changed"
GROUP = "group.changed"
CHANNEL = "channel.changed"
HOURS = "hours.changed"
TRUSTED = "confidence.learned"
NAMED = "name.changed"


def changed(kind: str, codes: Sequence[str]) -> Fact:
    """One fact for all that a transaction changed of a kind."""
    noun = kind.partition(".")[0].replace("_", " ")
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun.removesuffix('s')}s"
    subject = codes[0] if len(codes) == 1 else f"{len(codes)} {plural}"
    return Fact(kind=kind, subject=subject, body={"codes": list(codes)})


def trusted(codes: Sequence[str]) -> Fact:
    """The books of these locations are surer or less sure than before."""
    subject = codes[0] if len(codes) == 1 else f"{len(codes)} locations"
    return Fact(kind=TRUSTED, subject=subject, body={"codes": list(codes)})


def named(kind: str, code: str, name: str | None) -> Fact:
    """What people call it from now on; none: its code."""
    return Fact(kind=NAMED, subject=f"{kind} {code}", body={"name": name})
