"""`ovunque check`."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from ovunque.cli.session import open_session
from ovunque.orders.checking import INVARIANTS, check_now


def check(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Look whether everything that is always true is true; exit 1 with what is not."""
    with open_session() as session:
        violations = check_now(session.database)
    if as_json:
        found = [asdict(each) for each in violations]
        print(json.dumps({"invariants": len(INVARIANTS), "violations": found}))
    elif not violations:
        print(f"All {len(INVARIANTS)} invariants hold.")
    for violation in () if as_json else violations:
        print(violation, file=sys.stderr)
    if violations:
        raise typer.Exit(1)
