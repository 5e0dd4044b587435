"""Strategies as YAML: what a person writes by hand, and keeps beside their own code."""

from typing import Any

import msgspec
import yaml

from ovunque.kernel.refusal import Refusal
from ovunque.platform.http.faults import convert
from ovunque.sourcing.model.ruling import Strategy

BYTES_MAX = 64_000
DEPTH_MAX = 8


class Plain(yaml.SafeLoader):  # type: ignore[misc]
    """Values only: no aliases, which could make a small file large, and no name twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not taken here")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [each[0].value for each in node.value]
        if len(set(map(str, names))) < len(names):
            raise yaml.YAMLError("a name stands twice in one place")
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


def read_strategy(text: bytes) -> Strategy:
    """The strategy that a file describes; refused with where it is wrong."""
    if len(text) > BYTES_MAX:
        raise Refusal("body_too_large", bytes_max=BYTES_MAX)
    try:
        told = yaml.load(text.decode("utf-8-sig"), Plain)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Refusal("invalid", detail=f"this is no YAML: {first_line(error)}.") from None
    if not isinstance(told, dict) or depth_of(told) > DEPTH_MAX:
        raise Refusal("invalid", detail="a strategy is a list of names with values.")
    return convert(told, Strategy)


def write_strategy(strategy: Strategy) -> str:
    """The same as text; what has its default is left out."""
    told = msgspec.to_builtins(strategy)
    text: str = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=100)
    return text


def depth_of(told: Any, depth: int = 1) -> int:
    if depth > DEPTH_MAX:
        return depth
    parts = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return max((depth_of(each, depth + 1) for each in parts), default=depth)


def first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
