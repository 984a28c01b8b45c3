"""The reference model against examples worked out by hand from the seeds."""

from datetime import date, timedelta

import pytest

from tests.reference.calendar import anniversary, counts_on
from tests.reference.ladder import ONE_BP, Activity, Level, System, Thresholds, TierRevision
from tests.reference.member import Move
from tests.reference.program import ReferenceProgram
from tests.reference.programs import SINCE_EVER, engage, luxespa
from tests.reference.tier import ReferenceTier

START = date(2024, 3, 10)


def buy(tier: ReferenceTier, on: date, ringgit: int = 0, sen: int = 0, visits: int = 0) -> str:
    """Records a purchase under a new id; the reason of its move, or empty."""
    spend_minor = ringgit * 100 + sen
    number = sum(len(each.activities) for each in tier.members.values())
    answer = tier.record(f"T{number}", "M1", "", on, spend_minor * ONE_BP, spend_minor, visits)
    assert not isinstance(answer, str), answer
    return answer["move_reason"]


def story(tier: ReferenceTier) -> list[tuple[date, str, str]]:
    """The moves of M1 as day, reason and level after."""
    return [(move.effective_on, move.reason, move.to_level) for move in moves(tier)]


def moves(tier: ReferenceTier) -> list[Move]:
    found = tier.moves("M1")
    assert not isinstance(found, str)
    return found


def spa() -> ReferenceTier:
    return ReferenceTier(luxespa())


def sapphire() -> ReferenceTier:
    """M1 bought for RM3,000 on START and has been Sapphire since."""
    tier = spa()
    assert buy(tier, START, ringgit=3_000) == "THRESHOLD_REACHED"
    return tier


def ladder() -> ReferenceTier:
    """Engage with M1 enrolled on 1 January 2024."""
    tier = ReferenceTier(engage())
    assert tier.enroll("M1", date(2024, 1, 1)) is True
    return tier


def earn(tier: ReferenceTier, on: date, base_points: int) -> str:
    number = len(tier.members["M1"].activities)
    answer = tier.record(f"T{number}", "M1", "", on, base_points * 10**6, 0, 0)
    assert not isinstance(answer, str), answer
    return answer["level_after"]


def test_customer_a_reaches_platinum_by_thirty_treatments() -> None:
    tier = spa()
    for week in range(35):
        buy(tier, START + timedelta(weeks=week), ringgit=200, visits=1)
    assert [(move.to_level, move.counted.visits, move.counted.spend_minor) for move in moves(tier)] == [
        ("crystal", 0, 0),
        ("sapphire", 15, 300_000),
        ("platinum", 30, 600_000),
    ]


def test_customer_b_reaches_platinum_by_spend_one_level_an_evaluation() -> None:
    tier = spa()
    for week in range(8):
        buy(tier, START + timedelta(weeks=week), ringgit=1_500, visits=1)
    assert [(move.to_level, move.reason, move.counted.spend_minor) for move in moves(tier)] == [
        ("crystal", "ENROLLED", 0),
        ("sapphire", "THRESHOLD_REACHED", 300_000),
        ("platinum", "THRESHOLD_REACHED", 1_050_000),
    ]


def test_crystal_jumps_to_platinum_and_needs_another_evaluation_for_diamond() -> None:
    tier = spa()
    assert buy(tier, START, ringgit=25_000) == "FAST_TRACKED"
    assert moves(tier)[-1].to_level == "platinum"
    assert buy(tier, START, sen=1) == "THRESHOLD_REACHED"
    assert moves(tier)[-1].to_level == "diamond"


def test_one_sen_or_one_visit_short_of_sapphire_stays_crystal() -> None:
    tier = spa()
    assert buy(tier, START, ringgit=2_999, sen=99, visits=14) == "ENROLLED"
    assert buy(tier, START, sen=1) == "THRESHOLD_REACHED"


def test_the_level_held_before_the_purchase_prices_it() -> None:
    tier = spa()
    priced = [tier.record(f"P{number}", "M1", "", START, 300_000 * ONE_BP, 300_000, 1) for number in range(2)]
    assert [(each["points"], each["treatment_ordinal"]) for each in priced if not isinstance(each, str)] == [
        (3_000, 1),
        (3_750, 2),
    ]


def test_activity_leaves_the_window_on_the_same_day_a_year_later() -> None:
    assert counts_on(START, date(2025, 3, 9), 12)
    assert not counts_on(START, date(2025, 3, 10), 12)
    assert counts_on(date(2024, 2, 29), date(2025, 2, 27), 12)
    assert not counts_on(date(2024, 2, 29), date(2025, 2, 28), 12)


def test_promotion_needs_the_activity_inside_the_window() -> None:
    last_day, too_late = spa(), spa()
    for tier in (last_day, too_late):
        buy(tier, START, ringgit=2_000)
    assert buy(last_day, date(2025, 3, 9), ringgit=1_000) == "THRESHOLD_REACHED"
    assert buy(too_late, date(2025, 3, 10), ringgit=1_000) == ""


def test_anniversaries_of_29_february_come_from_the_anchor() -> None:
    leap = date(2024, 2, 29)
    days = [anniversary(leap, years) for years in (1, 2, 3, 4)]
    assert days == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), leap.replace(year=2028)]
    tier = spa()
    buy(tier, leap, ringgit=3_000)
    buy(tier, date(2024, 12, 1), ringgit=3_000)
    assert [move.effective_on for move in tier.run_review(date(2025, 2, 27))] == []
    assert [move.reason for move in tier.run_review(date(2025, 2, 28))] == ["RENEWED"]


def test_failing_the_review_gives_grace_and_its_end_demotes() -> None:
    tier = sapphire()
    entered = tier.run_review(date(2025, 12, 31))
    assert [(move.reason, move.grace_until) for move in entered] == [("GRACE_ENTERED", date(2025, 6, 10))]
    assert tier.run_grace_expiration(date(2025, 6, 9)) == []
    assert [move.to_level for move in tier.run_grace_expiration(date(2025, 6, 10))] == ["crystal"]


def test_a_purchase_settles_in_order_what_no_run_has_settled() -> None:
    tier = sapphire()
    assert buy(tier, date(2025, 8, 1), ringgit=3_000) == "THRESHOLD_REACHED"
    assert story(tier)[2:] == [
        (date(2025, 3, 10), "GRACE_ENTERED", "sapphire"),
        (date(2025, 6, 10), "GRACE_EXPIRED", "crystal"),
        (date(2025, 8, 1), "THRESHOLD_REACHED", "sapphire"),
    ]


def test_recovery_on_the_last_day_of_grace_keeps_the_anniversary() -> None:
    tier = sapphire()
    assert buy(tier, date(2025, 6, 9), ringgit=2_999, sen=99) == ""
    assert buy(tier, date(2025, 6, 9), sen=1) == "RECOVERED"
    standing = tier.standing("M1")
    assert not isinstance(standing, str)
    assert (standing["level_since"], standing["next_review"]) == (START, date(2026, 3, 10))
    assert standing["grace_until"] is None


def test_a_purchase_on_the_review_day_still_counts_for_it() -> None:
    tier = sapphire()
    buy(tier, date(2025, 3, 10), ringgit=3_000)
    assert [move.reason for move in tier.run_review(date(2025, 3, 10))] == ["RENEWED"]
    after_the_run = sapphire()
    after_the_run.run_review(date(2025, 3, 10))
    assert buy(after_the_run, date(2025, 3, 10), ringgit=3_000) == "RECOVERED"


def test_a_review_that_passed_during_a_long_grace_is_not_made_up_for() -> None:
    levels = (Level("low"), Level("high", entry=Thresholds(visits=1), grace_months=15))
    tier = ReferenceTier(ReferenceProgram([TierRevision(SINCE_EVER, (System("s", levels),))]))
    tier.enroll("M1", START, "s")
    buy(tier, START, visits=1)
    assert buy(tier, date(2026, 4, 1), visits=1) == "RECOVERED"
    standing = tier.standing("M1")
    assert not isinstance(standing, str)
    assert (standing["next_review"], standing["grace_until"]) == (date(2027, 3, 10), None)
    assert tier.run_review(date(2026, 4, 1)) == []


def test_a_backdated_purchase_is_evaluated_on_the_latest_day_and_counts_from_its_own() -> None:
    tier = spa()
    buy(tier, date(2024, 1, 1), sen=1)
    buy(tier, date(2025, 1, 10), sen=1)
    assert buy(tier, date(2024, 1, 10), ringgit=3_000) == ""
    assert buy(tier, date(2024, 1, 11), ringgit=3_000) == "THRESHOLD_REACHED"
    assert moves(tier)[-1].effective_on == date(2025, 1, 10)


def test_monthly_resets_from_31_january_fall_on_the_last_days() -> None:
    resets = engage().reset_dates("main", date(2024, 4, 30))
    assert resets == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]


@pytest.mark.parametrize(("base_points", "reasons"), [(249, ["RESET_FAILED"]), (250, [])])
def test_a_reset_demotes_below_maintenance_and_passes_exactly_at_it(
    base_points: int, reasons: list[str]
) -> None:
    tier = ladder()
    assert earn(tier, date(2024, 1, 31), 700) == "silver"
    assert tier.run_review(date(2024, 2, 29)) == []
    assert earn(tier, date(2024, 3, 1), base_points) == "silver"
    assert [move.reason for move in tier.run_review(date(2024, 3, 31))] == reasons


def test_a_reset_that_no_run_has_held_is_held_before_the_purchase_of_its_day() -> None:
    tier = ladder()
    earn(tier, date(2024, 1, 31), 700)
    assert earn(tier, date(2024, 3, 31), 600) == "bronze"
    assert story(tier)[-1] == (date(2024, 3, 31), "RESET_FAILED", "bronze")
    assert moves(tier)[-1].counted == Activity()


def test_a_purchase_on_the_reset_day_belongs_to_the_new_period() -> None:
    tier = ladder()
    assert earn(tier, date(2024, 1, 30), 666) == "bronze"
    assert earn(tier, date(2024, 1, 31), 2) == "bronze"
    standing = tier.standing("M1")
    assert not isinstance(standing, str)
    assert (standing["counted"], standing["counted_from"]) == (Activity(points=3), date(2024, 1, 31))


def test_an_inactive_system_multiplies_by_one_and_moves_nobody() -> None:
    program = engage()
    active = program.revisions[0]
    ladder_off = System("main", active.systems[0].levels, active=False)
    program.revisions.append(
        TierRevision(date(2024, 2, 1), (ladder_off,), active.properties, default_system="main")
    )
    tier = ReferenceTier(program)
    tier.enroll("M1", date(2024, 1, 1))
    earn(tier, date(2024, 1, 30), 700)
    tier.run_review(date(2024, 12, 31))
    assert earn(tier, date(2024, 12, 31), 9_000) == "silver"
    answer = tier.record("X", "M1", "app", date(2024, 12, 31), 10**6, 0, 0)
    assert not isinstance(answer, str)
    assert (answer["points"], answer["revision"]) == (2, 2)


def test_a_transaction_id_has_one_effect_for_ever() -> None:
    tier = spa()
    first = tier.record("T1", "M1", "", START, 3_000 * 10**6, 300_000, 1)
    again = tier.record("T1", "M1", "", START, 3_000 * 10**6, 300_000, 1)
    assert not isinstance(first, str)
    assert again == {**first, "replayed": True}
    assert tier.record("T1", "M1", "", START, 3_000 * 10**6, 300_000, 2) == "TRANSACTION_ID_REUSED"
    assert tier.members["M1"].treatments == 1


def test_refusals_come_in_the_order_of_their_enum() -> None:
    tier = ReferenceTier(engage())
    assert tier.record("", "M1", "kiosk", START, -1, 0, 0) == "TRANSACTION_ID_MUST_BE_PRINTABLE"
    assert tier.record("T1", "M1", "kiosk", START, -1, 0, 0) == "MEMBER_UNKNOWN"
    assert tier.enroll("M1", START, "beta") == "TIER_SYSTEM_UNKNOWN"
    assert tier.enroll("M1", START) is True
    assert tier.enroll("M1", START, "main") is False
    assert tier.enroll("M1", START, birthday=date(1990, 1, 1)) == "MEMBER_ALREADY_ENROLLED"
    before = START - timedelta(days=1)
    assert tier.record("T1", "M1", "kiosk", before, -1, 0, 0) == "PROPERTY_UNKNOWN"
    assert tier.record("T1", "M1", "app", before, 0, -1, 0) == "AMOUNT_MUST_NOT_BE_NEGATIVE"
    assert tier.record("T1", "M1", "app", before, 0, 10**12 + 1, 0) == "AMOUNT_ABOVE_LIMIT"
    assert tier.record("T1", "M1", "app", before, 0, 10**12, 0) == "DATE_BEFORE_ENROLMENT"
