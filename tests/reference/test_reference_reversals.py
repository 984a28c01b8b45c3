"""Reversals in the reference model, against examples worked out by hand (DECISIONS, Meanings 14)."""

from datetime import date

from tests.reference.answers import ReversalAnswer
from tests.reference.reversals import Reversal
from tests.reference.telling import buy, spa, standing, story
from tests.reference.tier import ReferenceTier

DAY = date(2024, 3, 10)


def refund(
    tier: ReferenceTier, transaction_id: str, on: date = DAY, reversal_id: str = "", **parts: int
) -> ReversalAnswer | str:
    """Takes back a purchase, or parts of it."""
    reversal = Reversal(transaction_id, on, everything=not parts, **parts)
    return tier.reverse(reversal_id or f"R-{transaction_id}", reversal)


def test_a_third_of_ten_points_is_taken_three_times_and_the_last_takes_the_rest() -> None:
    tier = spa()
    tier.record("T0", "M1", "", DAY, 10_000_000, 0, 0)
    third = 3_333_333
    taken = [
        refund(tier, "T0", reversal_id="R1", base_micropoints=third),
        refund(tier, "T0", reversal_id="R2", base_micropoints=third),
        refund(tier, "T0", reversal_id="R3"),
    ]
    assert [each["points"] for each in taken if not isinstance(each, str)] == [3, 3, 4]


def test_taking_the_ground_from_sapphire_leads_back_to_crystal_since_enrolment() -> None:
    tier = spa()
    buy(tier, DAY, ringgit=1_000)
    last = buy(tier, date(2024, 4, 1), ringgit=2_000)
    assert standing(tier)["level"] == "sapphire"
    refund(tier, last, date(2024, 5, 1))
    assert story(tier)[-1] == (date(2024, 5, 1), "PROMOTION_UNDONE", "crystal")
    assert standing(tier)["level_since"] == DAY


def test_a_promotion_that_the_rest_supports_stays() -> None:
    tier = spa()
    buy(tier, DAY, ringgit=3_000)
    last = buy(tier, DAY, ringgit=1)
    refund(tier, last)
    assert standing(tier)["level"] == "sapphire"


def test_two_promotions_are_taken_back_in_turn() -> None:
    tier = spa()
    first = buy(tier, DAY, ringgit=4_000)
    buy(tier, DAY, ringgit=6_000)
    refund(tier, first, reversal_id="R1", spend_minor=1)
    assert story(tier)[-1][1:] == ("PROMOTION_UNDONE", "sapphire")
    refund(tier, first)
    assert standing(tier)["level"] == "sapphire"
    refund(tier, "T1")
    assert [move[1:] for move in story(tier)[-2:]] == [
        ("PROMOTION_UNDONE", "sapphire"),
        ("PROMOTION_UNDONE", "crystal"),
    ]


def test_with_keep_the_next_review_decides() -> None:
    tier = spa(undoing="KEEP")
    refund(tier, buy(tier, DAY, ringgit=3_000))
    assert standing(tier)["level"] == "sapphire"
    assert [move.reason for move in tier.run_review(date(2025, 3, 10))] == ["GRACE_ENTERED"]


def test_what_a_review_renewed_meanwhile_stays() -> None:
    tier = spa()
    buy(tier, DAY, ringgit=3_000)
    renewed_by = buy(tier, date(2024, 12, 1), ringgit=3_000)
    tier.run_review(date(2025, 3, 10))
    refund(tier, renewed_by, date(2025, 4, 1))
    assert standing(tier)["level"] == "sapphire"


def test_a_recovery_taken_back_leads_into_the_same_grace() -> None:
    tier = spa()
    buy(tier, DAY, ringgit=3_000)
    recovering = buy(tier, date(2025, 4, 1), ringgit=3_000)
    assert story(tier)[-1][1] == "RECOVERED"
    refund(tier, recovering, date(2025, 4, 2))
    assert story(tier)[-1] == (date(2025, 4, 2), "RECOVERY_UNDONE", "sapphire")
    assert standing(tier)["grace_until"] == date(2025, 6, 10)


def test_treatments_taken_back_keep_their_ordinals() -> None:
    tier = spa()
    refund(tier, buy(tier, DAY, visits=2))
    again = tier.record("X", "M1", "", DAY, 0, 0, 1)
    assert not isinstance(again, str)
    assert again["treatment_ordinal"] == 3


def test_a_lock_keeps_what_a_reversal_takes_the_ground_from() -> None:
    tier = spa()
    bought = buy(tier, DAY, ringgit=3_000)
    assert tier.lock("A1", "M1", DAY, date(2024, 4, 10)) == ""
    refund(tier, bought)
    assert standing(tier)["level"] == "sapphire"


def test_refusals_come_in_the_order_of_their_enum() -> None:
    tier = spa()
    buy(tier, DAY, ringgit=1)
    day_before = date(2024, 3, 9)
    assert refund(tier, "T9", day_before, reversal_id="a b") == "TRANSACTION_ID_MUST_BE_PRINTABLE"
    assert refund(tier, "T9", day_before, spend_minor=-1) == "AMOUNT_MUST_NOT_BE_NEGATIVE"
    assert refund(tier, "T9", reversal_id="T0") == "TRANSACTION_ID_REUSED"
    assert refund(tier, "T9", day_before) == "ACTIVITY_UNKNOWN"
    assert refund(tier, "T0", day_before, spend_minor=0) == "REVERSAL_BEFORE_ACTIVITY"
    assert refund(tier, "T0", spend_minor=0) == "REVERSAL_MUST_TAKE_SOMETHING"
    assert refund(tier, "T0", spend_minor=101) == "REVERSAL_ABOVE_ORIGINAL"
