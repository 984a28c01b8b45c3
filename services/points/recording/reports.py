"""What the program owes its members, and a member's month: read and decided, nothing is written."""

from datetime import date

import sqlalchemy as sa

from services.kernel.calendar import day_number
from services.points.policy import Policy
from services.points.rules.liability import Tally, added_up, decide_liability
from services.points.rules.months import Month, decide_month
from services.points.store.liability import read_owing
from services.points.store.months import read_entry_sums
from services.runtime.database import Database


def liability(database: Database, day: int) -> Tally:
    """What all accounts held at the end of a day, as of one moment."""
    return added_up(decide_liability(owing, day) for owing in read_owing(database, day))


def month_of(
    connection: sa.Connection, policy: Policy, member_id: str, first_day: date, last_day: date
) -> Month | None:
    """A member's month; None for one who was never enrolled and never bought."""
    sums = read_entry_sums(connection, member_id, first_day, last_day)
    return None if sums is None else decide_month(sums, policy, day_number(last_day))
