"""`ovunque customers`: what the law gives them, for whoever keeps the house."""

from pathlib import Path
from typing import Annotated

import typer

from ovunque import resealing
from ovunque.cli.session import open_session
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.orders import archiving, forgetting
from ovunque.orders.archiving import ArchiveRequest
from ovunque.platform import clock
from ovunque.platform.sealing.archives import verify
from ovunque.platform.sealing.signing import open_signer, read_public
from ovunque.platform.vault import add_key, house_vault
from ovunque.resealing import open_vault

commands = typer.Typer(
    no_args_is_help=True, help="Personal data: hand it out, forget it, forget it again."
)

CustomerId = Annotated[str, typer.Argument(help="Their id, cus_…, as the API shows it.")]


@commands.command()
def reseal(
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Draw another key before, and seal by that.")
    ] = False,
) -> None:
    """Seal addresses, secrets and words by the newest key, what stands in clear from before too."""
    with open_session() as session:
        file, vault = session.settings.personal_keys_file, house_vault()
        open_vault(session.database)
        if new_key:
            add_key(file)
            vault.load()
        done = resealing.reseal(session.database)
    print(f"{done:,} addresses, secrets and words sealed by key {vault.newest} of {file}.")


@commands.command()
def archive(
    customer: CustomerId,
    file: Annotated[Path, typer.Argument(help="The zip to write; it must not be there yet.")],
) -> None:
    """Write all that is known of a customer into one signed archive."""
    customer_id = parse_public_id("cus", customer)
    with open_session() as session:
        signer = open_signer(session.settings.home, clock.new_seed())
        request = ArchiveRequest(customer_id=customer_id, signer=signer)
        now = session.now()
        made = session.database.transact(
            lambda tx: archiving.archive(tx, session.actor, request, now)
        )
    with file.open("xb") as out:
        out.write(made)
    print(f"{file}: {len(made):,} bytes, signed by {signer.name}.")


@commands.command("verify")
def verify_archive(
    file: Annotated[Path, typer.Argument(help="An archive that was handed out.")],
    key: Annotated[
        str | None, typer.Option(help="The public key: 64 hexadecimal digits, or a file in PEM.")
    ] = None,
) -> None:
    """Show that an archive is as it left the house."""
    found = verify(file.read_bytes(), read_public(key) if key else None)
    print(f"{found.about}: {len(found.files)} files as of {found.made_at:%Y-%m-%d %H:%M} UTC.")


@commands.command()
def erase(customer: CustomerId) -> None:
    """Forget a customer: the worker does it within minutes. What was sold and paid stays."""
    customer_id = parse_public_id("cus", customer)
    with open_session() as session:
        now = session.now()
        asked = session.database.transact(
            lambda tx: forgetting.ask(tx, session.actor, customer_id, now)
        )
    done = f"forgotten on {asked.erased_at:%Y-%m-%d}" if asked.erased_at else "will be forgotten"
    print(f"{public_id('cus', customer_id)}: {done}.")


@commands.command("erase-again")
def erase_again() -> None:
    """After a restore of one's own: forget again who is in the file of erasures."""
    with open_session() as session:
        file = session.settings.erasures_file
        done, later = forgetting.erase_again(session.database, session.actor, file, session.now())
    print(f"{file}: {done} forgotten again, {later} when their orders have come to an end.")
