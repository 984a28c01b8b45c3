"""What is wrong with a refund is answered with its reason, item by item, and leaves everything as it was."""

from datetime import date

import pytest

from carat.tier.v1 import reversal_pb2
from services.runtime.refusal import Refused
from services.tier.refusals import Reason
from tests.tier.calls import asked
from tests.tier.policies import AUTOMATIC
from tests.tier.refunds import Refund, refund, reverse
from tests.tier.world import TierWorld, purchase, reason_name

BOUGHT = date(2024, 3, 1)
LATER = date(2024, 6, 1)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 bought T1: 100 points before multipliers, RM3,000, two visits; and T2, which gave nothing."""
    assert tier_world.apply(AUTOMATIC) == []
    tier_world.today = LATER
    bought = [
        purchase("T1", "M1", BOUGHT, spend_minor=300_000, visits=2, base_points=100),
        purchase("T2", "M1", BOUGHT),
    ]
    assert [result.reason for result in tier_world.record(*bought)] == [0, 0]
    return tier_world


def refusals(world: TierWorld, *refunds: Refund) -> list[str]:
    return [reason_name(result.reason) for result in reverse(world, *refunds)]


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        (Reason.TRANSACTION_ID_MUST_BE_PRINTABLE, refund("T1", LATER, reversal_id="R  1")),
        (Reason.TRANSACTION_ID_MUST_BE_PRINTABLE, refund("T\n1", LATER, reversal_id="R1")),
        (Reason.AMOUNT_MUST_NOT_BE_NEGATIVE, refund("T1", LATER, spend_minor=-1)),
        (Reason.AMOUNT_MUST_NOT_BE_NEGATIVE, refund("T1", LATER, base_micropoints=-1, visits=1)),
        (Reason.AMOUNT_MUST_NOT_BE_NEGATIVE, refund("T1", LATER, visits=-1)),
        (Reason.DATE_MUST_BE_VALID, refund("T1", None)),
        (Reason.DATE_MUST_NOT_BE_IN_FUTURE, refund("T1", date(2024, 6, 2))),
        (Reason.TRANSACTION_ID_REUSED, refund("T1", LATER, reversal_id="T2")),
        (Reason.ACTIVITY_UNKNOWN, refund("T9", LATER)),
        (Reason.REVERSAL_BEFORE_ACTIVITY, refund("T1", date(2024, 2, 29))),
        (Reason.REVERSAL_MUST_TAKE_SOMETHING, refund("T1", LATER, everything=False)),
        (Reason.REVERSAL_ABOVE_ORIGINAL, refund("T1", LATER, base_micropoints=100_000_001)),
        (Reason.REVERSAL_ABOVE_ORIGINAL, refund("T1", LATER, spend_minor=300_001)),
        (Reason.REVERSAL_ABOVE_ORIGINAL, refund("T1", LATER, visits=3)),
        (Reason.REVERSAL_ABOVE_ORIGINAL, refund("T1", LATER, base_micropoints=2**63 - 1)),
    ],
)
def test_what_is_wrong_with_a_refund_is_told_and_changes_nothing(
    spa: TierWorld, reason: Reason, wrong: Refund
) -> None:
    before = spa.snapshot()
    assert refusals(spa, wrong) == [reason.name]
    assert spa.snapshot() == before


def test_of_several_mistakes_the_first_by_precedence_is_told(spa: TierWorld) -> None:
    assert refusals(spa, refund("T9", date(2024, 6, 2), spend_minor=-1)) == ["AMOUNT_MUST_NOT_BE_NEGATIVE"]
    assert refusals(spa, refund("T9", date(2024, 6, 2), reversal_id="T1")) == ["DATE_MUST_NOT_BE_IN_FUTURE"]
    assert refusals(spa, refund("T1", BOUGHT.replace(month=2), visits=9)) == ["REVERSAL_BEFORE_ACTIVITY"]


def test_a_bad_refund_fails_none_of_its_neighbours(spa: TierWorld) -> None:
    batch = [
        refund("T1", LATER, reversal_id="R1", spend_minor=100_000),
        refund("T1", LATER, reversal_id="R1", spend_minor=1),
        refund("T1", LATER, reversal_id="R2", spend_minor=200_001),
        refund("T1", LATER, reversal_id="R3", spend_minor=200_000),
        refund("T1", LATER, reversal_id="R4", spend_minor=1),
    ]
    expected = ["", "DUPLICATE_IN_BATCH", "REVERSAL_ABOVE_ORIGINAL", "", "REVERSAL_ABOVE_ORIGINAL"]
    assert refusals(spa, *batch) == expected
    assert spa.broken_promises() == []


def test_everything_is_taken_once_even_of_a_purchase_that_gave_nothing(spa: TierWorld) -> None:
    for transaction in ("T1", "T2"):
        first = refund(transaction, LATER)
        again = refund(transaction, LATER, reversal_id=f"again-{transaction}")
        assert refusals(spa, first, again) == ["", "REVERSAL_ABOVE_ORIGINAL"]
        before = spa.snapshot()
        assert refusals(spa, again) == ["REVERSAL_ABOVE_ORIGINAL"]
        assert spa.snapshot() == before


def test_a_repeated_refund_gets_its_first_answer_whatever_came_between(spa: TierWorld) -> None:
    part = refund("T1", LATER, reversal_id="R1", base_micropoints=33_333_333, spend_minor=1)
    rest = refund("T1", LATER, reversal_id="R2")
    first = list(reverse(spa, part, rest))
    assert [result.points for result in first] == [33, 67]
    assert first[0].move_reason
    before = spa.snapshot()
    again = list(reverse(spa, part, rest))
    assert all(result.replayed for result in again)
    for result in again:
        result.replayed = False
    assert again == first
    assert spa.snapshot() == before


@pytest.mark.parametrize(
    "other",
    [
        refund("T2", LATER, reversal_id="R1", spend_minor=1),
        refund("T1", BOUGHT, reversal_id="R1", spend_minor=1),
        refund("T1", LATER, reversal_id="R1", spend_minor=2),
        refund("T1", LATER, reversal_id="R1", spend_minor=1, visits=1),
        refund("T1", LATER, reversal_id="R1", spend_minor=1, base_micropoints=1),
        refund("T1", LATER, reversal_id="R1"),
        refund("T9", LATER, reversal_id="R1"),
    ],
)
def test_the_id_of_a_refund_belongs_to_it_for_ever(spa: TierWorld, other: Refund) -> None:
    assert refusals(spa, refund("T1", LATER, reversal_id="R1", spend_minor=1)) == [""]
    before = spa.snapshot()
    assert refusals(spa, other) == ["TRANSACTION_ID_REUSED"]
    assert spa.snapshot() == before


def test_a_refused_refund_does_not_use_up_its_id(spa: TierWorld) -> None:
    assert refusals(spa, refund("T1", LATER, reversal_id="R1", visits=3)) == ["REVERSAL_ABOVE_ORIGINAL"]
    assert refusals(spa, refund("T1", LATER, reversal_id="R1", visits=2)) == [""]


def test_more_refunds_than_a_call_takes_are_refused_whole(spa: TierWorld) -> None:
    before = spa.snapshot()
    many = [refund("T1", LATER, reversal_id=f"R{number}", spend_minor=1) for number in range(1_001)]
    with pytest.raises(Refused) as refusal:
        asked(spa, "ReverseActivities", reversal_pb2.ReverseActivitiesRequest(reversals=many))
    assert refusal.value.reason == Reason.BATCH_TOO_LARGE
    assert spa.snapshot() == before
    assert refusals(spa, *many[1:]) == [""] * 1_000


def test_nothing_to_reverse_is_answered_with_nothing(spa: TierWorld) -> None:
    assert refusals(spa) == []
