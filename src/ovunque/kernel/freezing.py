"""Values that never change: what rooms hand to each other."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A dataclass with named fields and slots that mypy holds frozen.

    For values that are made by the dozen for every order: a dataclass that freezes itself sets
    each field by a call, which takes three times as long to make it.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)
