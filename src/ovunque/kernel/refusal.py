"""The expected no."""

from typing import Any


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of ours
    """An expected no: undoes the transaction and is answered with its code.

    `platform/refusals.py` words every code; the details fill the placeholders of its text.
    `errors` names the parts of the request at fault, each with a JSON pointer.
    """

    def __init__(self, code: str, *, errors: tuple["Fault", ...] = (), **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        self.errors = errors

    def __str__(self) -> str:
        named = ", ".join(f"{name}={value!r}" for name, value in self.details.items())
        return f"{self.code}({named})"


class Fault:
    """What is wrong with one part of a request: a pointer into it, a code, a sentence."""

    __slots__ = ("code", "detail", "pointer")

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        self.pointer = pointer
        self.code = code
        self.detail = detail

    def __repr__(self) -> str:
        return f"Fault({self.pointer!r}, {self.code!r}, {self.detail!r})"
