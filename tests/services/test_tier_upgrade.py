"""A Tier database of the first version is taken over whole."""

import shutil
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from services.runtime.database import Database
from services.runtime.migrate import migrate

MIGRATIONS = Path(__file__).parents[2] / "services" / "tier" / "migrations"
APPLY = sa.text(
    """INSERT INTO policy_revision (number, effective_from, digest, program, policy) VALUES
       (1, '0001-01-01', 'a', '{}', '{"properties": [{"id": "app", "multiplier_bp": 20000}]}'),
       (2, '2025-06-01', 'b', '{}', '{"properties": [{"id": "app", "multiplier_bp": 30000}, {"id": "web"}]}')"""
)
EDITS = sa.text(
    "SELECT property_id, multiplier_bp, effective_from::text FROM property_edit"
    " ORDER BY property_id, effective_from"
)


def test_multipliers_of_properties_hold_on_the_days_on_which_their_revisions_did(
    new_url: Callable[[str], str], tmp_path: Path
) -> None:
    first_version = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, first_version, ignore=shutil.ignore_patterns("v0002*", "__pycache__"))
    database = Database(new_url("upgraded"))
    migrate(database, first_version)
    database.transact(lambda connection: connection.execute(APPLY))
    migrate(database, MIGRATIONS)
    edits = database.transact(lambda connection: [tuple(row) for row in connection.execute(EDITS)])
    database.close()
    assert edits == [
        ("app", 20_000, "0001-01-01"),
        ("app", 30_000, "2025-06-01"),
        ("web", 10_000, "2025-06-01"),
    ]
