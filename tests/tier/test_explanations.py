"""Why a member stands there: the rule, the revision, the numbers, and what is missing by when."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from carat.tier.v1 import history_pb2, member_pb2, move_pb2, policy_pb2
from services.runtime.program_messages import day_to_proto
from services.runtime.refusal import Refused
from services.tier.policy_document import Maintenance, Thresholds, TierPolicy, TierSystem
from services.tier.refusals import Reason
from tests.tier.calls import asked
from tests.tier.policies import AUTOMATIC, GAME, POLICY, SPA, SPA_LEVELS, with_spa
from tests.tier.refunds import refund, reverse
from tests.tier.world import TierWorld, purchase

BOUGHT = date(2024, 3, 1)
LATER = date(2024, 6, 1)
Explained = history_pb2.ExplainStandingResponse


def one(system: TierSystem) -> TierPolicy:
    return replace(AUTOMATIC, systems=(system,), default_system=system.external_id)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 became Sapphire by RM3,200 in two purchases, of which the first was RM200 and two visits."""
    assert tier_world.apply(one(SPA)) == []
    bought(tier_world, "T1", BOUGHT, 20_000, 2)
    bought(tier_world, "T2", date(2024, 4, 1), 300_000)
    return tier_world


def bought(world: TierWorld, number: str, on: date, spend_minor: int, visits: int = 0) -> None:
    item = purchase(number, "M1", on, spend_minor=spend_minor, visits=visits, base_points=spend_minor // 100)
    [result] = world.record(item)
    assert result.reason == 0


def explained(world: TierWorld, as_of: date | None = None, member_id: str = "M1") -> Explained:
    day = None if as_of is None else day_to_proto(as_of)
    request = history_pb2.ExplainStandingRequest(member_id=member_id, as_of=day)
    answer = asked(world, "ExplainStanding", request)
    assert isinstance(answer, Explained)
    return answer


def test_the_rule_the_revision_and_the_numbers_that_decided_are_told(spa: TierWorld) -> None:
    found = explained(spa, LATER)
    assert found.standing == spa.standing("M1", LATER)
    assert found.decided_by.reason == move_pb2.MOVE_REASON_THRESHOLD_REACHED
    assert (found.decided_by.counted_spend_minor, found.decided_by.counted_visits) == (320_000, 2)
    assert (found.revision.number, found.decided_by.revision) == (1, 1)
    assert found.thresholds == policy_pb2.Thresholds(spend_minor=300_000, visits=15)


def test_what_is_missing_is_told_with_the_day_and_the_days_left(spa: TierWorld) -> None:
    found = explained(spa, date(2025, 3, 25))
    assert found.keep.met
    assert (found.keep.spend_minor, found.keep.visits) == (0, 15)
    assert found.keep.by == day_to_proto(date(2025, 4, 1))
    assert found.keep.days_left == 7
    assert found.next_level.level == "platinum"
    assert (found.next_level.spend_minor, found.next_level.visits, found.next_level.met) == (
        700_000,
        30,
        False,
    )
    assert not found.next_level.HasField("by")


def test_it_is_told_in_sentences(spa: TierWorld) -> None:
    said: Sequence[str] = explained(spa, date(2025, 3, 31)).sentences
    assert list(said) == [
        "M1 is Sapphire of Spa since 2024-04-01.",
        "On 2024-04-01, by revision 1: a threshold of the next level was reached; MYR 3,200.00 and 2 visits and "
        "3,200 points counted then, and the level takes MYR 3,000.00 or 15 visits.",
        "To keep Sapphire, nothing is missing; it is looked at on 2025-04-01, in 1 day.",
        "To reach Platinum, MYR 7,000.00 or 30 visits more is needed.",
    ]


def test_in_grace_its_end_is_the_day_by_which_to_keep_the_level(spa: TierWorld) -> None:
    reverse(spa, refund("T1", LATER))
    spa.run_review(date(2025, 4, 1))
    found = explained(spa, date(2025, 6, 30))
    assert (found.keep.by, found.keep.days_left) == (day_to_proto(date(2025, 7, 1)), 1)
    assert (found.keep.spend_minor, found.keep.met) == (300_000, False)
    assert "Grace began on 2025-04-01 and is over on 2025-07-01." in found.sentences
    expected = "To keep Sapphire, MYR 3,000.00 or 15 visits more is needed by 2025-07-01, in 1 day."
    assert expected in found.sentences


def test_what_fell_due_and_is_not_recorded_yet_is_explained_all_the_same(spa: TierWorld) -> None:
    spa.run_review(date(2025, 4, 1))
    before = spa.snapshot()
    found = explained(spa, date(2025, 8, 1))
    assert found.decided_by.reason == move_pb2.MOVE_REASON_GRACE_EXPIRED
    assert found.decided_by.effective_on == day_to_proto(date(2025, 7, 1))
    assert (found.decided_by.sequence, found.decided_by.HasField("recorded_at")) == (0, False)
    assert (found.standing.level, found.decided_by.to_level) == ("crystal", "crystal")
    assert not found.HasField("keep")
    assert spa.snapshot() == before


def test_a_past_day_is_explained_by_what_had_decided_by_then(spa: TierWorld) -> None:
    found = explained(spa, date(2024, 3, 15))
    assert found.decided_by.reason == move_pb2.MOVE_REASON_ENROLLED
    assert found.next_level.spend_minor == 280_000
    assert not found.HasField("thresholds")


def test_the_thresholds_are_those_of_the_revision_that_decided(spa: TierWorld) -> None:
    crystal, sapphire, platinum = SPA_LEVELS
    dearer = replace(sapphire, entry=Thresholds(310_000, 20))
    spa.today = LATER
    assert spa.apply(one(replace(SPA, levels=(crystal, dearer, platinum)))) == []
    found = explained(spa)
    assert found.revision.number == 1
    assert found.thresholds == policy_pb2.Thresholds(spend_minor=300_000, visits=15)
    assert found.keep.ways == policy_pb2.Thresholds(spend_minor=310_000, visits=20)


def test_of_a_reset_system_both_levels_are_decided_by_the_reset(tier_world: TierWorld) -> None:
    assert tier_world.apply(one(GAME)) == []
    bought(tier_world, "T1", date(2024, 3, 5), 80_000)
    found = explained(tier_world, date(2024, 3, 30))
    assert found.standing.level == "silver"
    assert (found.keep.by, found.keep.met) == (day_to_proto(date(2024, 3, 31)), True)
    assert not found.HasField("next_level")
    assert "There is no higher level." in found.sentences


def test_checked_continuously_the_day_on_which_the_level_would_be_lost_is_told(tier_world: TierWorld) -> None:
    assert tier_world.apply(one(replace(SPA, maintenance=Maintenance.CONTINUOUS))) == []
    bought(tier_world, "T1", BOUGHT, 300_000)
    assert explained(tier_world, LATER).keep.by == day_to_proto(date(2025, 3, 1))


def test_what_is_by_invitation_only_is_not_reached_by_any_amount(tier_world: TierWorld) -> None:
    _, sapphire, platinum = SPA_LEVELS
    invited = replace(platinum, entry=Thresholds(), by_invitation=True, fast_track=False)
    policy = one(replace(SPA, levels=(SPA_LEVELS[0], sapphire, invited)))
    assert tier_world.apply(policy) == []
    bought(tier_world, "T1", BOUGHT, 300_000)
    found = explained(tier_world, LATER)
    assert not found.HasField("next_level")
    assert "Platinum, the next level, is entered by invitation only." in found.sentences


def test_in_an_inactive_system_nothing_can_be_lost(spa: TierWorld) -> None:
    spa.today = LATER
    assert spa.apply(replace(with_spa(active=False), default_system="spa")) == []
    found = explained(spa)
    assert not found.HasField("keep")
    assert "The tier system is inactive: nobody moves in it." in found.sentences


def test_in_no_tier_system_there_is_nothing_to_reach(tier_world: TierWorld) -> None:
    assert tier_world.apply(replace(POLICY, default_system="")) == []
    joining = member_pb2.Member(member_id="M1", enrolled_on=day_to_proto(BOUGHT))
    assert tier_world.enrol(joining) == [("", True)]
    found = explained(tier_world, LATER)
    assert list(found.sentences) == ["M1 is in no tier system."]
    assert not any(map(found.HasField, ("decided_by", "revision", "keep", "next_level")))


@pytest.mark.parametrize(
    ("reason", "member_id", "as_of"),
    [
        (Reason.MEMBER_ID_MUST_BE_PRINTABLE, "M 1", LATER),
        (Reason.MEMBER_UNKNOWN, "M2", LATER),
        (Reason.DATE_BEFORE_ENROLMENT, "M1", date(2024, 2, 29)),
    ],
)
def test_what_cannot_be_explained_is_refused(
    spa: TierWorld, reason: Reason, member_id: str, as_of: date
) -> None:
    before = spa.snapshot()
    with pytest.raises(Refused) as refusal:
        explained(spa, as_of, member_id)
    assert refusal.value.reason == reason
    assert spa.snapshot() == before
