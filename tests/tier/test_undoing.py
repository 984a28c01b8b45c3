"""A refund takes back the promotions and recoveries that it took the ground from, and nothing else."""

from dataclasses import replace
from datetime import date

import pytest

from services.runtime.program_messages import day_to_proto
from services.tier.policy_document import Level, Maintenance, Thresholds, Undoing
from tests.tier.policies import AUTOMATIC, SPA, SPA_LEVELS, with_spa
from tests.tier.refunds import bought, reasons, refund, reverse, standing, told
from tests.tier.world import TierWorld, purchase

BOUGHT = date(2024, 3, 1)
LATER = date(2024, 6, 1)
UNTOUCHED = [("UNSPECIFIED", "sapphire")]
FOR_LIFE = replace(
    AUTOMATIC, systems=(replace(SPA, levels=(*SPA_LEVELS[:2], replace(SPA_LEVELS[2], lifetime_years=1))),)
)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """The spa, where members join by their first purchase."""
    assert tier_world.apply(AUTOMATIC) == []
    return tier_world


def test_one_sen_below_the_threshold_takes_the_promotion_back(spa: TierWorld) -> None:
    assert bought(spa, 1, BOUGHT, 100_000) == "crystal"
    assert bought(spa, 2, date(2024, 4, 1), 200_000) == "sapphire"
    [result] = reverse(spa, refund("T1", LATER, spend_minor=1))
    assert told([result]) == [("PROMOTION_UNDONE", "crystal")]
    move = spa.moves("M1")[-1]
    assert (move.transaction_id, move.counted_spend_minor) == ("R-T1", 299_999)
    assert (move.effective_on, move.level_since) == (day_to_proto(LATER), day_to_proto(BOUGHT))
    assert not standing(spa, LATER).HasField("next_review")
    assert spa.broken_promises() == []


def test_exactly_the_threshold_supports_the_promotion(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 300_001)
    assert told(reverse(spa, refund("T1", LATER, spend_minor=1))) == UNTOUCHED


def test_what_was_bought_since_supports_the_promotion(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 300_000)
    bought(spa, 2, LATER, 300_000)
    assert told(reverse(spa, refund("T1", LATER))) == UNTOUCHED
    assert standing(spa, LATER).level_since == day_to_proto(BOUGHT)


def test_refunds_in_any_order_take_the_same_back(spa: TierWorld) -> None:
    for member_id, order in (("M1", (1, 2)), ("M2", (2, 1))):
        items = [
            purchase(f"{member_id}-1", member_id, BOUGHT, spend_minor=300_000),
            purchase(f"{member_id}-2", member_id, date(2024, 4, 1), spend_minor=300_000),
        ]
        spa.record(*items)
        results = reverse(spa, *(refund(f"{member_id}-{number}", LATER) for number in order))
        assert results[-1].level_after == "crystal"


def test_what_has_left_the_window_since_supports_the_promotion_as_of_its_own_day(spa: TierWorld) -> None:
    bought(spa, 1, date(2023, 5, 1), 250_000)
    bought(spa, 2, BOUGHT, 70_000)
    assert told(reverse(spa, refund("T2", LATER, spend_minor=20_000))) == UNTOUCHED


def test_with_keep_the_next_review_decides(tier_world: TierWorld) -> None:
    assert tier_world.apply(replace(AUTOMATIC, undoing=Undoing.KEEP)) == []
    bought(tier_world, 1, BOUGHT, 300_000)
    assert told(reverse(tier_world, refund("T1", LATER))) == UNTOUCHED
    tier_world.run_review(date(2025, 3, 1))
    assert reasons(tier_world)[-1] == "GRACE_ENTERED"


def test_one_promotion_after_the_other_is_taken_back(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 300_000)
    assert bought(spa, 2, date(2024, 4, 1), 700_000) == "platinum"
    assert told(reverse(spa, refund("T1", LATER))) == [("PROMOTION_UNDONE", "sapphire")]
    below = standing(spa, LATER)
    assert below.level_since == day_to_proto(BOUGHT)
    assert below.next_review == day_to_proto(date(2025, 3, 1))
    assert told(reverse(spa, refund("T2", LATER))) == [("PROMOTION_UNDONE", "crystal")]
    assert reasons(spa) == ["THRESHOLD_REACHED"] * 2 + ["PROMOTION_UNDONE"] * 2
    assert spa.broken_promises() == []


def test_one_refund_may_take_both_promotions_back(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 300_000)
    assert bought(spa, 2, date(2024, 4, 1), 700_000) == "platinum"
    keep_little = refund("T2", LATER, spend_minor=600_000)
    assert told(reverse(spa, refund("T1", LATER), keep_little)) == [
        ("PROMOTION_UNDONE", "sapphire"),
        ("PROMOTION_UNDONE", "crystal"),
    ]
    bought(spa, 3, LATER, 1_000)
    assert standing(spa, LATER).level == "crystal"


def test_who_was_promoted_twice_by_what_is_refunded_falls_all_the_way(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 1_000_000)
    assert bought(spa, 2, date(2024, 4, 1), 100) == "platinum"
    assert told(reverse(spa, refund("T1", LATER))) == [("PROMOTION_UNDONE", "crystal")]


def test_a_fast_track_is_taken_back_whole_and_a_reversal_never_promotes(spa: TierWorld) -> None:
    assert bought(spa, 1, BOUGHT, 1_200_000) == "platinum"
    assert told(reverse(spa, refund("T1", LATER, spend_minor=500_000))) == [("PROMOTION_UNDONE", "crystal")]
    assert bought(spa, 2, LATER, 0) == "sapphire"


def test_the_rounds_of_one_batch_build_on_each_other(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 300_000)
    parts = [refund("T1", LATER, reversal_id=f"R{part}", spend_minor=1) for part in range(3)]
    assert told(reverse(spa, *parts)) == [
        ("PROMOTION_UNDONE", "crystal"),
        ("UNSPECIFIED", "crystal"),
        ("UNSPECIFIED", "crystal"),
    ]
    assert standing(spa, LATER).counted.spend_minor == 299_997
    assert spa.broken_promises() == []


def in_grace(world: TierWorld) -> date:
    """M1 rose to Sapphire and failed the review a year later; the day of the review."""
    bought(world, 1, BOUGHT, 300_000)
    reviewed = date(2025, 3, 1)
    world.run_review(reviewed)
    assert reasons(world)[-1] == "GRACE_ENTERED"
    return reviewed


def test_a_recovery_without_ground_puts_the_member_back_in_grace(spa: TierWorld) -> None:
    in_grace(spa)
    before = standing(spa, date(2025, 4, 1)).grace
    bought(spa, 2, date(2025, 4, 1), 300_000)
    assert reasons(spa)[-1] == "RECOVERED"
    assert told(reverse(spa, refund("T2", date(2025, 4, 2)))) == [("RECOVERY_UNDONE", "sapphire")]
    after = standing(spa, date(2025, 4, 2))
    assert after.grace == before
    assert spa.moves("M1")[-1].grace_until == before.until
    assert spa.broken_promises() == []


def test_what_enters_a_level_supports_its_promotion_and_what_keeps_it_its_recovery(
    tier_world: TierWorld,
) -> None:
    crystal, sapphire, platinum = SPA_LEVELS
    kept = replace(sapphire, keep=Thresholds(200_000))
    policy = replace(AUTOMATIC, systems=(replace(SPA, levels=(crystal, kept, platinum)),))
    assert tier_world.apply(policy) == []
    in_grace(tier_world)
    bought(tier_world, 2, date(2025, 4, 1), 250_000)
    [recovered] = reverse(tier_world, refund("T2", date(2025, 4, 2), spend_minor=50_000))
    assert told([recovered]) == UNTOUCHED
    tier_world.record(purchase("T9", "M2", BOUGHT, spend_minor=300_000))
    [promoted] = reverse(tier_world, refund("T9", BOUGHT, spend_minor=1))
    assert told([promoted]) == [("PROMOTION_UNDONE", "crystal")]


def test_grace_that_would_have_ended_meanwhile_ends_on_the_day_of_the_refund(spa: TierWorld) -> None:
    in_grace(spa)
    bought(spa, 2, date(2025, 4, 1), 300_000)
    reverse(spa, refund("T2", date(2025, 8, 1)))
    assert standing(spa, date(2025, 8, 1)).level == "crystal"
    [move] = spa.run_grace(date(2025, 8, 1))
    assert move.effective_on == day_to_proto(date(2025, 8, 1))
    assert spa.broken_promises() == []


def test_a_promotion_out_of_grace_and_the_recovery_before_it_are_taken_back_together(spa: TierWorld) -> None:
    in_grace(spa)
    assert bought(spa, 2, date(2025, 4, 1), 1_000_000) == "platinum"
    assert told(reverse(spa, refund("T2", date(2025, 4, 2)))) == [("RECOVERY_UNDONE", "sapphire")]
    assert reasons(spa)[-4:] == ["RECOVERED", "THRESHOLD_REACHED", "PROMOTION_UNDONE", "RECOVERY_UNDONE"]
    assert standing(spa, date(2025, 4, 2)).HasField("grace")


def test_undoing_a_promotion_out_of_grace_does_not_bring_grace_back(tier_world: TierWorld) -> None:
    crystal, sapphire, platinum = SPA_LEVELS
    by_visits = replace(sapphire, keep=Thresholds(visits=14))
    policy = replace(AUTOMATIC, systems=(replace(SPA, levels=(crystal, by_visits, platinum)),))
    assert tier_world.apply(policy) == []
    in_grace(tier_world)
    assert bought(tier_world, 2, date(2025, 4, 1), 1_000_000) == "platinum"
    assert reasons(tier_world)[-1] == "THRESHOLD_REACHED"
    assert told(reverse(tier_world, refund("T2", date(2025, 4, 2)))) == [("PROMOTION_UNDONE", "sapphire")]
    below = standing(tier_world, date(2025, 4, 2))
    assert not below.HasField("grace")
    assert below.next_review == day_to_proto(date(2026, 3, 1))


def test_what_was_renewed_by_a_review_stays(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 300_000)
    bought(spa, 2, LATER, 300_000)
    spa.run_review(BOUGHT.replace(year=2025))
    assert reasons(spa)[-1] == "RENEWED"
    refunds = [refund("T1", date(2025, 3, 2)), refund("T2", date(2025, 3, 2))]
    assert told(reverse(spa, *refunds)) == UNTOUCHED * 2


def test_a_review_that_is_overdue_is_held_before_anything_is_taken_back(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 300_000)
    bought(spa, 2, LATER, 300_000)
    assert told(reverse(spa, refund("T1", date(2025, 3, 2)), refund("T2", date(2025, 3, 2)))) == UNTOUCHED * 2
    assert reasons(spa) == ["THRESHOLD_REACHED", "RENEWED"]


def test_on_the_day_of_a_review_the_refund_comes_first(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 300_000)
    assert told(reverse(spa, refund("T1", date(2025, 3, 1)))) == [("PROMOTION_UNDONE", "crystal")]
    assert reasons(spa) == ["THRESHOLD_REACHED", "PROMOTION_UNDONE"]


def test_a_refund_dated_back_never_moves_time_back(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 300_000)
    bought(spa, 2, LATER, 100)
    assert told(reverse(spa, refund("T1", date(2024, 4, 1)))) == [("PROMOTION_UNDONE", "crystal")]
    assert spa.moves("M1")[-1].effective_on == day_to_proto(LATER)
    assert spa.broken_promises() == []


def for_life(world: TierWorld) -> None:
    """M1 became Platinum by T1 and holds it for life a year later, when Diamond is added above it."""
    assert world.apply(FOR_LIFE) == []
    assert bought(world, 1, BOUGHT, 1_000_000) == "platinum"
    diamond = Level("diamond", "Diamond", entry=Thresholds(2_000_000))
    world.today = date(2025, 3, 2)
    assert world.apply(replace(AUTOMATIC, systems=(replace(SPA, levels=(*SPA_LEVELS, diamond)),))) == []
    world.today = date(2040, 1, 1)


def test_a_level_held_for_life_is_not_undone(tier_world: TierWorld) -> None:
    for_life(tier_world)
    assert told(reverse(tier_world, refund("T1", date(2025, 3, 2)))) == [("UNSPECIFIED", "platinum")]
    assert standing(tier_world, date(2025, 3, 2)).HasField("lifetime_since")
    assert tier_world.broken_promises() == []


def test_who_rises_from_a_level_held_for_life_holds_the_higher_one_for_life(tier_world: TierWorld) -> None:
    for_life(tier_world)
    before = standing(tier_world, date(2025, 3, 2)).lifetime_since
    assert bought(tier_world, 2, date(2025, 3, 2), 2_000_000) == "diamond"
    assert tier_world.broken_promises() == []
    refunds = [refund(f"T{number}", date(2025, 3, 2)) for number in (2, 1)]
    assert told(reverse(tier_world, *refunds)) == [
        ("UNSPECIFIED", "diamond"),
        ("UNSPECIFIED", "diamond"),
    ]
    assert standing(tier_world, date(2025, 3, 2)).lifetime_since == before == day_to_proto(date(2025, 3, 1))
    assert tier_world.broken_promises() == []


def test_an_inactive_system_takes_nothing_back(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 300_000)
    spa.today = date(2024, 5, 1)
    assert spa.apply(with_spa(active=False)) == []
    spa.today = LATER
    assert told(reverse(spa, refund("T1", LATER))) == UNTOUCHED


def test_checked_continuously_a_level_entered_by_thresholds_is_checked_at_once_when_it_is_stood_on_again(
    tier_world: TierWorld,
) -> None:
    continuous = replace(SPA, maintenance=Maintenance.CONTINUOUS)
    assert tier_world.apply(replace(AUTOMATIC, systems=(continuous,))) == []
    bought(tier_world, 1, date(2024, 1, 15), 150_000)
    assert bought(tier_world, 2, BOUGHT, 150_000) == "sapphire"
    assert bought(tier_world, 3, LATER, 700_000) == "platinum"
    assert told(reverse(tier_world, refund("T3", LATER, spend_minor=600_000))) == [
        ("PROMOTION_UNDONE", "sapphire")
    ]
    since = getattr(standing(tier_world, date(2025, 1, 16)).grace, "from")
    assert since == day_to_proto(date(2025, 1, 15))


def test_a_promotion_whose_window_began_after_the_purchase_stays(spa: TierWorld) -> None:
    bought(spa, 1, BOUGHT, 250_000)
    assert bought(spa, 2, date(2025, 3, 1), 300_000) == "sapphire"
    assert told(reverse(spa, refund("T1", date(2025, 3, 1)))) == UNTOUCHED
