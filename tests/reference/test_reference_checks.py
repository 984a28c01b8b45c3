"""When continuous checks begin in the reference model, against examples worked out by hand (DECISIONS Meanings 7)."""

from dataclasses import replace
from datetime import date

import pytest

from tests.reference.ladder import Level, System
from tests.reference.telling import SPA, buy, spa, standing, story
from tests.reference.tier import ReferenceTier

DAY = date(2024, 3, 10)
CHANGED_ON = date(2024, 9, 1)


def changed(tier: ReferenceTier, day: date, maintenance: str, levels: tuple[Level, ...] = SPA) -> None:
    """The ladder is maintained otherwise from a day on."""
    reset = date(2024, 1, 1) if maintenance == "RESET" else None
    system = System("privilege", levels, maintenance, next_reset=reset, repeats="YEARLY" if reset else "")
    tier.program.apply(
        replace(tier.program.revisions[0], effective_from=day, systems=(system,)), date(2024, 1, 1)
    )


def given_sapphire(maintenance: str) -> ReferenceTier:
    """A member who bought nothing and was moved to Sapphire by staff."""
    tier = spa(maintenance)
    tier.enroll("M1", DAY)
    assert tier.move_by_staff("A1", "M1", "sapphire", DAY) == ""
    return tier


def first_failed(tier: ReferenceTier) -> date:
    """The day on which grace begins for who bought nothing."""
    tier.run_window_roll(date(2026, 12, 31))
    return next(day for day, reason, _ in story(tier) if reason == "GRACE_ENTERED")


@pytest.mark.parametrize(
    ("maintenance", "checked_from"),
    [
        ("CONTINUOUS", date(2025, 3, 10)),
        ("ANNIVERSARY", date(2025, 3, 10)),
        ("NONE", CHANGED_ON),
    ],
)
def test_checks_begin_by_what_held_when_the_level_was_entered(maintenance: str, checked_from: date) -> None:
    tier = given_sapphire(maintenance)
    changed(tier, CHANGED_ON, "CONTINUOUS")
    assert first_failed(tier) == checked_from


def test_only_what_came_right_before_the_checks_says_when_they_begin() -> None:
    from_anniversaries, from_nothing = given_sapphire("NONE"), given_sapphire("ANNIVERSARY")
    changed(from_anniversaries, date(2024, 6, 1), "ANNIVERSARY")
    changed(from_nothing, date(2024, 6, 1), "NONE")
    for tier in (from_anniversaries, from_nothing):
        changed(tier, CHANGED_ON, "CONTINUOUS")
    assert first_failed(from_anniversaries) == date(2025, 3, 10)
    assert first_failed(from_nothing) == CHANGED_ON


def test_a_level_that_another_is_put_below_is_checked_from_that_day_on() -> None:
    tier = spa("CONTINUOUS")
    buy(tier, DAY)
    changed(tier, CHANGED_ON, "CONTINUOUS", (Level("guest"), replace(SPA[1], code="crystal"), *SPA[1:]))
    assert standing(tier, CHANGED_ON)["grace_from"] is None
    assert first_failed(tier) == CHANGED_ON
