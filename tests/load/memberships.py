"""Memberships that fall due for a review, written straight into databases of the Tier service."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import services.tier
from services.cli.program_file import read_program
from services.kernel.calendar import day_number
from services.runtime.database import Database
from services.runtime.migrate import migrate
from services.runtime.program_messages import program_from_proto
from services.tier.policy_messages import policy_from_proto
from services.tier.recording.policies import apply_policy
from tests.load.scratch import Scratch, finished
from workers.progress.tables import MIGRATIONS, VERSION_TABLE

HERE: Final = Path(__file__).parent
PROGRAMS: Final = HERE.parents[1] / "deploy" / "programs"
_TIER_MIGRATIONS: Final = Path(str(services.tier.__file__)).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Review:
    """A review over a whole membership: its program, the day, and both statements of hand-written SQL."""

    name: str
    told: str
    program: Path
    as_of: date
    members: Path
    by_sql: Path


REVIEWS: Final = (
    Review(
        "anniversary",
        "anniversary review: everybody is due, about 70 % renewed, 30 % into grace",
        PROGRAMS / "luxespa.yaml",
        date(2026, 7, 31),
        HERE / "anniversary_members.sql",
        HERE / "anniversary_review.sql",
    ),
    Review(
        "reset",
        "system reset: everybody is looked at, about 30 % go one level down",
        PROGRAMS / "engage.yaml",
        date(2011, 2, 28),
        HERE / "reset_members.sql",
        HERE / "system_reset.sql",
    ),
)


def write_membership(scratch: Scratch, review: Review, members: int) -> str:
    """Makes the database that a review is measured on copies of; its name."""
    scratch.create(review.name)
    database = Database(scratch.url(review.name), connections=1)
    migrate(database, _TIER_MIGRATIONS)
    migrate(database, MIGRATIONS, VERSION_TABLE)
    _apply(database, review)
    database.close()
    options = ["-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-v", f"members={members}"]
    finished(scratch.begin("psql", review.name, *options, "-f", review.members))
    # By hand, for what autovacuum does of it and when is different in each run.
    scratch.rows(review.name, "VACUUM (ANALYZE)")
    return review.name


def _apply(database: Database, review: Review) -> None:
    file = read_program(review.program).message
    program, policy = program_from_proto(file.program), policy_from_proto(file.tier)
    today = day_number(review.as_of)
    database.transact(
        lambda connection: apply_policy(connection, program, policy, None, today, validate_only=False)
    )
