"""The present day as the program counts it."""

from zoneinfo import ZoneInfo

from services.benefits.policy import Policies
from services.kernel.calendar import day_number
from services.runtime.clock import Clock


def today_of(policies: Policies, clock: Clock) -> int:
    """The present day in the program's time zone (DECISIONS, Meanings 21); UTC before there is a program."""
    zone = policies.program.time_zone if policies.program else "UTC"
    return day_number(clock.today(ZoneInfo(zone)))
