"""Engage with two tier systems: members of each by their attribute, moved from one to the other."""

from datetime import date

from tests.scenarios.story import Buys, Joins, JoinsSystem, Scenario, Stands

PROGRAM = "engage, two systems"
JOINED, BOUGHT, MOVED = date(2024, 1, 2), date(2024, 1, 10), date(2024, 1, 12)

SYSTEMS = (
    Scenario(
        "A member whose attribute names another system stands there at once, where what counts leads",
        PROGRAM,
        (
            Joins(JOINED),
            Buys(BOUGHT, "50", level="bronze"),
            JoinsSystem(MOVED, "beta"),
            Stands(MOVED, "beta-high", since=MOVED, system="beta"),
            Buys(date(2024, 1, 13), "10", earns=40, level="beta-high"),
        ),
        (
            (JOINED, "ENROLLED", "blue"),
            (BOUGHT, "THRESHOLD_REACHED", "bronze"),
            (MOVED, "SYSTEM_CHANGED", ""),
            (MOVED, "SYSTEM_CHANGED", "beta-high"),
        ),
    ),
    Scenario(
        "Who has earned too little stands at the lowest level of the other system",
        PROGRAM,
        (
            Joins(JOINED),
            Buys(BOUGHT, "39", level="blue"),
            JoinsSystem(MOVED, "beta"),
            Stands(MOVED, "beta-low", since=MOVED, system="beta"),
        ),
        ((JOINED, "ENROLLED", "blue"), (MOVED, "SYSTEM_CHANGED", ""), (MOVED, "SYSTEM_CHANGED", "beta-low")),
    ),
    Scenario(
        "A member cannot join a system that there is not",
        PROGRAM,
        (
            Joins(JOINED),
            JoinsSystem(MOVED, "gamma", refused="TIER_SYSTEM_UNKNOWN"),
            Stands(MOVED, "blue", system="engage"),
        ),
        ((JOINED, "ENROLLED", "blue"),),
    ),
)
