"""`ovunque check`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ovunque.cli.session import Session, open_session
from ovunque.orders.checking import INVARIANTS, check_and_tell
from ovunque.platform import clock
from ovunque.platform.sealing.checking import check_seals
from ovunque.platform.sealing.model import Verdict
from ovunque.platform.sealing.signing import open_signer, read_public, read_told


def check(
    *,
    seal: Annotated[
        bool, typer.Option("--seal", help="Verify the sealed journal instead, row by row.")
    ] = False,
    told: Annotated[
        Path | None, typer.Option(help="The file of signed seals; default: that of this house.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The public key, in hexadecimal or a PEM file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Look whether everything that is always true is true; exit 1 with what is not."""
    with open_session() as session:
        if seal:
            report(look_at_seals(session, told, key), as_json=as_json)
            return
        violations = check_and_tell(session.database, session.now())
    if as_json:
        found = [asdict(each) for each in violations]
        print(json.dumps({"invariants": len(INVARIANTS), "violations": found}))
    elif not violations:
        print(f"All {len(INVARIANTS)} invariants hold.")
    for violation in () if as_json else violations:
        print(violation, file=sys.stderr)
    if violations:
        raise typer.Exit(1)


def look_at_seals(session: Session, told: Path | None, key: str | None) -> Verdict:
    """The verdict, by the key that was given or that of this house."""
    settings = session.settings
    public = read_public(key) if key else open_signer(settings.home, clock.new_seed()).public
    file = told or settings.seals_file
    print(f"Checked by the key {public.hex()} and {file}.", file=sys.stderr)
    return check_seals(session.database, public, tuple(read_told(file)))


def report(verdict: Verdict, *, as_json: bool) -> None:
    """Say what was found; exit 1 with the first row that is not as it was sealed."""
    if as_json:
        found = asdict(verdict) | {"wrong": str(verdict.wrong) if verdict.wrong else None}
        print(json.dumps(found))
    else:
        print(
            f"{verdict.rows:,} rows under {verdict.seals:,} seals and {verdict.roots} signatures; "
            f"{verdict.unsealed} not sealed yet."
        )
        if verdict.wrong:
            print(f"First wrong: {verdict.wrong}", file=sys.stderr)
        else:
            print("The journal is as it was sealed.")
    if verdict.wrong:
        raise typer.Exit(1)
