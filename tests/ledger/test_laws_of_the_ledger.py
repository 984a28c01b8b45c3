"""Laws of the ledger under every policy: told of the reference model, and so of whoever agrees with it."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.policies import SINCE_EVER, points_revisions, tier_revisions
from tests.reference.entries import Amounts
from tests.reference.ladder import TierRevision
from tests.reference.points import ReferencePoints
from tests.reference.points_policy import PointsRevision
from tests.reference.program import ReferenceProgram
from tests.reference.refunding import Refund
from tests.reference.tier import ReferenceTier

NOON = datetime(2024, 1, 1, 4, tzinfo=UTC)
shares = st.lists(st.integers(0, 20_000), max_size=5)


def ledger_of(tier: TierRevision, points: PointsRevision) -> ReferencePoints:
    """A ledger of two members who brought points along, one of whom is referred by the other."""
    program = ReferenceProgram([tier], [points])
    ledger = ReferencePoints(program, ReferenceTier(program), NOON)
    for member in ("M1", "M2"):
        ledger.tier.enroll(member, date(2024, 1, 1))
    ledger.follow()
    ledger.record_referral("M2", "M1")
    for member in ("M1", "M2"):
        ledger.open_balance(f"B-{member}", member, 100, None)
    return ledger


def everything_of(transaction_id: str, ledger: ReferencePoints) -> Refund:
    """A refund of all that is left of a purchase."""
    return Refund(transaction_id, ledger.now, True, Amounts(), 0, "MYR")


@given(tier_revisions(), points_revisions(SINCE_EVER), shares, st.integers(0, 3))
def test_buying_and_giving_back_mints_nothing(
    tier: TierRevision, points: PointsRevision, parts: list[int], treatments: int
) -> None:
    ledger = ledger_of(tier, points)
    before = [ledger.told_balance(name) for name in ("M1", "M2")]
    for number in range(3):
        assert not isinstance(
            ledger.record_purchase(
                f"T{number}", "M2", ledger.now, Amounts(20_000, 3_333, 0, 999), treatments
            ),
            str,
        )
        for place, part in enumerate(parts):
            refund = Refund(f"T{number}", ledger.now, False, Amounts(part), 0, "MYR")
            ledger.reverse_purchase(f"R{number}-{place}", refund)
        ledger.reverse_purchase(f"R{number}", everything_of(f"T{number}", ledger))
    after = [ledger.told_balance(name) for name in ("M1", "M2")]
    same = ("balance", "lifetime_earned", "available", "maturing", "next_expiry_points", "next_expiry_on")
    assert [{name: each[name] for name in same} for each in after] == [
        {name: each[name] for name in same} for each in before
    ]


@given(tier_revisions(), points_revisions(SINCE_EVER), shares)
def test_reversals_together_never_take_more_than_a_purchase_gave(
    tier: TierRevision, points: PointsRevision, parts: list[int]
) -> None:
    ledger = ledger_of(tier, points)
    receipt = ledger.record_purchase("T", "M2", NOON, Amounts(20_000, 3_333, 5_000, 10_000), 3)
    assert not isinstance(receipt, str)
    taken = 0
    for number, part in enumerate(parts):
        told = ledger.reverse_purchase(
            f"R{number}", Refund("T", NOON, False, Amounts(part), number % 2, "MYR")
        )
        taken += 0 if isinstance(told, str) else told["points"]
        assert 0 <= taken <= receipt["points"]
    told = ledger.reverse_purchase("R", everything_of("T", ledger))
    assert isinstance(told, str) or taken + told["points"] == receipt["points"]


@given(tier_revisions(), points_revisions(SINCE_EVER), st.lists(st.integers(1, 60), min_size=1, max_size=6))
def test_transfers_keep_the_sum_and_make_no_point_younger(
    tier: TierRevision, points: PointsRevision, moved: list[int]
) -> None:
    ledger = ledger_of(tier, points)
    ledger.now = NOON + timedelta(days=20)
    due = {name: ledger.told_balance(name)["next_expiry_on"] for name in ("M1", "M2")}
    for number, each in enumerate(moved):
        giver, taker = ("M1", "M2") if number % 2 else ("M2", "M1")
        ledger.transfer(f"X{number}", giver, taker, each)
    assert ledger.balance("M1") + ledger.balance("M2") == 200
    for name in ("M1", "M2"):
        assert ledger.balance(name) == 0 or ledger.told_balance(name)["next_expiry_on"] == due[name]
