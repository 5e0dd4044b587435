"""`ovunque migrate`."""

from ovunque.cli.session import running_database
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings


def migrate_database() -> None:
    """Bring the database to the newest schema; what is there already is left as it is."""
    with running_database(read_settings()) as url:
        applied = migrate(url)
    print("\n".join(applied) if applied else "The schema is the newest already.")
