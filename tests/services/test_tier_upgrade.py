"""A Tier database of an earlier version is taken over whole."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
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
EMPTIED = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
ENROL = sa.text(
    """INSERT INTO standing (shard, member_id, enrolled_on, system, level, level_since, spend, visits, points,
         counted_from, evaluated_on, treatments, version)
       SELECT 1, member_id, '2025-01-01', 0, 0, '2025-01-01', 0, 0, 0, '2025-01-01', '2025-01-01', 0, 1
       FROM unnest(ARRAY['M1', 'M2', 'M3']) member_id"""
)
BUY = sa.text(
    """INSERT INTO activity (transaction_id, shard, member_id, occurred_on, visits, property, base_micropoints,
         spend, points, level, level_bp, property_bp, ordinal, revision, move_reason, level_after, system)
       SELECT 'T' || row_number() OVER (), 1, member_id, day::date, visits, 0, 0, 0, 7, 0, 1, 1, 0, 1, 0, 0, 0
       FROM (VALUES ('M1', '2025-03-01', 1), ('M1', '2025-03-02', 2), ('M1', '2025-03-03', 0),
                    ('M2', '2025-03-01', 0)) bought (member_id, day, visits)"""
)
ACTIVE = sa.text("SELECT member_id, active_on::text FROM standing ORDER BY member_id")
JOIN = sa.text(
    """INSERT INTO member (shard, member_id, enrolled_on, tier_system, birthday)
       VALUES (1, 'M1', '2025-01-01', '', '1988-02-29'), (1, 'M2', '2025-01-01', '', '1962-12-31'),
              (1, 'M3', '2025-01-01', '', NULL)"""
)
STAND = sa.text(
    """INSERT INTO standing (shard, member_id, enrolled_on, system, level, level_since, spend, visits, points,
         counted_from, evaluated_on, treatments, version, active_on)
       SELECT 1, member_id, '2025-01-01', 0, 0, '2025-01-01', 0, 0, 0, '2025-01-01', '2025-01-01', 0, 1,
         '2025-01-01'
       FROM member"""
)
TAKE_BACK = sa.text(
    """INSERT INTO reversal (reversal_id, transaction_id, shard, member_id, occurred_on, everything,
         base_micropoints, spend, visits, points, move_reason, level_after, system)
       VALUES ('R1', 'T1', 1, 'M1', '2025-04-01', false, 1, 0, 0, 3, 0, 0, 0)"""
)
MONTHS = "SELECT member_id, birth_month FROM standing ORDER BY member_id"
PRICES = "SELECT package_micropoints, birthday_bp, package_bonus_bp, points FROM activity"


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    return database.transact(lambda connection: [tuple(row) for row in connection.execute(sa.text(query))])


def executed(statement: sa.Executable, connection: sa.Connection) -> None:
    connection.execute(statement)


@pytest.fixture
def made_by(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[[int], Database]]:
    """A database that an earlier version has made."""
    database = Database(new_url("upgraded"))

    def made(version: int) -> Database:
        folder, later = tmp_path / "migrations", MIGRATIONS / "versions"
        unknown = [path.name for path in later.glob("v*.py") if path.name > f"v{version + 1:04}"]
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns(*unknown, "__pycache__"))
        database.transact(lambda connection: connection.execute(sa.text(EMPTIED)))
        migrate(database, folder)
        return database

    yield made
    database.close()


@pytest.fixture
def first_version(made_by: Callable[[int], Database]) -> Database:
    """A database that the first version has made."""
    return made_by(1)


def test_multipliers_of_properties_hold_on_the_days_on_which_their_revisions_did(
    first_version: Database,
) -> None:
    first_version.transact(lambda connection: connection.execute(APPLY))
    migrate(first_version, MIGRATIONS)
    edits = first_version.transact(lambda connection: [tuple(row) for row in connection.execute(EDITS)])
    assert edits == [
        ("app", 20_000, "0001-01-01"),
        ("app", 30_000, "2025-06-01"),
        ("web", 10_000, "2025-06-01"),
    ]


def test_inactivity_counts_from_the_last_treatment_or_else_from_the_enrolment(
    first_version: Database,
) -> None:
    for statement in (ENROL, BUY):
        first_version.transact(partial(executed, statement))
    migrate(first_version, MIGRATIONS)
    active = first_version.transact(lambda connection: [tuple(row) for row in connection.execute(ACTIVE)])
    assert active == [("M1", "2025-03-02"), ("M2", "2025-01-01"), ("M3", "2025-01-01")]


def test_birthdays_told_before_the_month_was_kept_with_the_standing_count_from_now_on(
    made_by: Callable[[int], Database],
) -> None:
    database = made_by(2)
    for statement in (JOIN, STAND, BUY, TAKE_BACK):
        database.transact(partial(executed, statement))
    migrate(database, MIGRATIONS)
    assert rows(database, MONTHS) == [("M1", 2), ("M2", 12), ("M3", 0)]


def test_what_was_bought_before_packages_had_a_bonus_knows_neither_package_nor_birthday(
    made_by: Callable[[int], Database],
) -> None:
    database = made_by(2)
    for statement in (BUY, TAKE_BACK):
        database.transact(partial(executed, statement))
    migrate(database, MIGRATIONS)
    assert set(rows(database, PRICES)) == {(0, 10_000, 0, 7)}
    assert rows(database, "SELECT package_micropoints, points FROM reversal") == [(0, 3)]
