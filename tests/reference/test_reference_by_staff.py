"""Staff, invitations, gifts, systems and touchpoints in the reference model, against examples worked out by hand."""

from dataclasses import replace
from datetime import date
from typing import Any

from tests.reference.ladder import System, TierRevision
from tests.reference.program import ReferenceProgram
from tests.reference.programs import ENGAGE_LEVELS, SINCE_EVER
from tests.reference.telling import SPA, buy, spa, standing, story
from tests.reference.tier import ReferenceTier

DAY = date(2024, 3, 10)


def two_systems(**changed: Any) -> ReferenceTier:
    """The spa's ladder beside one of points with monthly resets; the spa's is the default."""
    systems = (
        System("privilege", SPA),
        System("main", ENGAGE_LEVELS, "RESET", next_reset=date(2024, 1, 31), repeats="MONTHLY"),
    )
    revision = TierRevision(SINCE_EVER, systems, enrolment="ON_FIRST_PURCHASE", default_system="privilege")
    return ReferenceTier(ReferenceProgram([replace(revision, **changed)]))


def diamond(tier: ReferenceTier, member_id: str = "M1", since: date = DAY) -> ReferenceTier:
    """A member whom staff moved to Diamond."""
    tier.enroll(member_id, since)
    assert tier.move_by_staff(f"to-diamond-{member_id}", member_id, "diamond", since) == ""
    return tier


def test_a_level_given_by_staff_is_reviewed_after_a_year() -> None:
    tier = diamond(spa())
    assert standing(tier)["next_review"] == date(2025, 3, 10)
    assert [move.reason for move in tier.run_review(date(2025, 3, 10))] == ["GRACE_ENTERED"]


def test_continuously_checked_levels_given_by_staff_are_checked_after_a_year() -> None:
    given, reached = diamond(spa("CONTINUOUS")), spa("CONTINUOUS")
    assert standing(given, date(2025, 3, 10))["grace_until"] is None
    assert standing(given, date(2025, 3, 11))["grace_from"] == date(2025, 3, 10)
    buy(reached, DAY, ringgit=3_000)
    assert standing(reached, date(2025, 3, 11))["grace_from"] == date(2025, 3, 10)


def test_reviews_within_a_lock_are_passed_over_and_grace_waits_for_its_end() -> None:
    tier = diamond(spa())
    assert tier.lock("A1", "M1", date(2025, 3, 1), date(2025, 3, 11)) == ""
    assert tier.run_review(date(2025, 12, 31)) == []
    assert standing(tier)["next_review"] == date(2026, 3, 10)
    tier.run_review(date(2026, 3, 10))
    tier.lock("A2", "M1", date(2027, 3, 1), date(2027, 5, 1))
    assert tier.run_grace_expiration(date(2027, 4, 30)) == []
    assert [move.effective_on for move in tier.run_grace_expiration(date(2027, 5, 1))] == [date(2027, 5, 1)]


def test_a_lock_that_comes_with_a_move_down_stops_promotions_until_its_day() -> None:
    tier = diamond(spa())
    assert tier.move_by_staff("A1", "M1", "crystal", DAY, date(2024, 4, 10)) == ""
    buy(tier, date(2024, 4, 9), ringgit=3_000)
    assert standing(tier)["level"] == "crystal"
    buy(tier, date(2024, 4, 10), visits=1)
    assert standing(tier)["level"] == "sapphire"


def test_lifetime_comes_after_five_years_at_the_top_and_is_never_taken() -> None:
    tier = diamond(spa())
    for year in range(2025, 2029):
        buy(tier, date(year, 3, 1), ringgit=25_000)
    assert tier.run_tenure(date(2029, 3, 9)) == []
    tier.run_review(date(2029, 3, 9))
    assert [move.reason for move in tier.run_tenure(date(2029, 3, 10))] == ["LIFETIME_GRANTED"]
    assert [move.reason for move in tier.run_review(date(2030, 3, 10))] == ["RENEWED", "RENEWED"]
    assert tier.move_by_staff("A9", "M1", "crystal", date(2030, 4, 1)) == "LIFETIME_MUST_NOT_END"


def test_lifetime_status_is_given_once_and_the_recipient_is_no_lifetime_member() -> None:
    tier = diamond(spa())
    day = date(2029, 3, 10)
    for year in range(2025, 2030):
        buy(tier, date(year, 3, 1), ringgit=25_000)
    for member_id in ("M2", "M3"):
        tier.enroll(member_id, day)
    assert tier.gift("G1", "M2", "M1", day) == "GIVER_MUST_BE_LIFETIME"
    assert tier.gift("G2", "M1", "M1", day) == "RECIPIENT_MUST_BE_ANOTHER"
    assert tier.gift("G3", "M1", "M2", day) == ""
    assert tier.gift("G4", "M1", "M3", day) == "STATUS_ALREADY_GIFTED"
    assert (standing(tier, day, "M2")["level"], standing(tier, day, "M2")["lifetime_since"]) == (
        "diamond",
        None,
    )


def test_who_stays_away_for_24_months_is_inactive_until_the_next_purchase() -> None:
    tier = spa()
    buy(tier, DAY, visits=1)
    assert tier.run_inactivity(date(2026, 3, 9)) == []
    assert [move.reason for move in tier.run_inactivity(date(2026, 3, 10))] == ["INACTIVATED"]
    buy(tier, date(2026, 4, 1), ringgit=1)
    assert story(tier)[-1][1] == "REACTIVATED"
    assert tier.run_inactivity(date(2028, 3, 31)) == []


def test_an_invitation_leads_upwards_to_a_level_that_one_is_invited_to() -> None:
    tier = spa()
    tier.enroll("M1", DAY)
    assert tier.accept_invitation("I1", "M1", "platinum", DAY) == "LEVEL_NOT_BY_INVITATION"
    assert tier.accept_invitation("I2", "M1", "diamond", DAY) == ""
    assert standing(tier)["next_review"] == date(2025, 3, 10)


def test_touchpoints_are_told_once_in_order_and_the_last_a_week_before_the_end() -> None:
    tier = spa()
    buy(tier, DAY, ringgit=3_000)
    tier.run_review(date(2025, 3, 10))
    assert tier.run_grace_touchpoints(date(2025, 4, 9)) == []
    told = tier.run_grace_touchpoints(date(2025, 6, 9))
    assert [(move.effective_on, move.touchpoint) for move in told] == [
        (date(2025, 4, 10), 1),
        (date(2025, 5, 10), 2),
        (date(2025, 6, 3), 3),
    ]
    assert tier.run_grace_touchpoints(date(2025, 6, 9)) == []


def test_grace_that_is_over_touches_nobody() -> None:
    tier = spa()
    buy(tier, DAY, ringgit=3_000)
    tier.run_review(date(2025, 3, 10))
    assert tier.run_grace_touchpoints(date(2025, 6, 10)) == []


def test_another_attribute_leads_to_the_level_that_counts_there() -> None:
    tier = two_systems()
    buy(tier, DAY, ringgit=5_000)
    assert tier.change_attribute("A1", "M1", "main", DAY) == ""
    assert story(tier)[-2:] == [(DAY, "SYSTEM_CHANGED", ""), (DAY, "SYSTEM_CHANGED", "gold")]
    assert tier.change_attribute("A2", "M1", "beta", DAY) == "TIER_SYSTEM_UNKNOWN"


def test_assignment_moves_those_whom_a_split_puts_elsewhere() -> None:
    tier = two_systems()
    for number in range(20):
        tier.enroll(f"M{number}", DAY)
    shares = (("privilege", 50), ("main", 50))
    revision = replace(
        tier.program.revisions[0], effective_from=DAY, default_system="", salt="test", shares=shares
    )
    tier.program.apply(revision, DAY)
    moved = {move.member_id for move in tier.run_assignment(DAY)}
    assert {member.system for name, member in tier.members.items() if name in moved} == {"main"}
    assert 0 < len(moved) < 20
    assert tier.run_assignment(DAY) == []


def test_a_revision_with_an_end_gives_way_to_the_former_values() -> None:
    tier = two_systems()
    former = tier.program.revisions[0]
    tier.program.apply(replace(former, effective_from=DAY, effective_until=date(2024, 3, 20)), DAY)
    days = [date(2024, 3, 9), DAY, date(2024, 3, 19), date(2024, 3, 20)]
    assert [tier.program.revision_number(day) for day in days] == [1, 2, 2, 1]
    tier.program.cancelled.add(2)
    assert [tier.program.revision_number(day) for day in days] == [1, 1, 1, 1]


def test_a_multiplier_edited_today_holds_for_what_is_dated_from_today() -> None:
    program = two_systems(properties={"app": 20_000}).program
    program.edit_property("app", 15_000, DAY)
    days = [date(2024, 3, 9), DAY, date(2025, 1, 1)]
    assert [program.property_multiplier_bp("app", day) for day in days] == [20_000, 15_000, 15_000]


def test_evaluation_promotes_whom_a_new_ladder_favours_once_a_day() -> None:
    tier = spa()
    buy(tier, DAY, ringgit=2_000)
    active = tier.program.revisions[0].systems[0]
    lower = tuple(
        replace(
            level, entry=replace(level.entry, spend_minor=level.entry.spend_minor // 10), fast_track=False
        )
        for level in active.levels
    )
    revision = replace(
        tier.program.revisions[0], systems=(replace(active, levels=lower),), effective_from=DAY
    )
    tier.program.apply(revision, DAY)
    assert [move.to_level for move in tier.run_evaluation(date(2024, 3, 11))] == ["sapphire"]
    assert tier.run_evaluation(date(2024, 3, 11)) == []
    assert [move.to_level for move in tier.run_evaluation(date(2024, 3, 12))] == ["platinum"]


def test_the_window_rolls_for_those_from_whose_window_activity_has_gone() -> None:
    tier = spa("NONE")
    buy(tier, DAY, ringgit=3_000)
    tier.run_window_roll(date(2025, 3, 9))
    assert tier.members["M1"].evaluated_on == DAY
    tier.run_window_roll(date(2025, 3, 10))
    assert tier.members["M1"].evaluated_on == date(2025, 3, 10)
