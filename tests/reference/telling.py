"""What the examples of the reference model say in short."""

from datetime import date

from tests.reference.answers import StandingAnswer
from tests.reference.ladder import ONE_BP, Level, System, Thresholds, TierRevision
from tests.reference.program import ReferenceProgram
from tests.reference.programs import SINCE_EVER
from tests.reference.tier import ReferenceTier

SPA = (
    Level("crystal"),
    Level("sapphire", 12_500, Thresholds(300_000, 15), grace_months=3, touchpoints=(1, 2, 3)),
    Level("platinum", 15_000, Thresholds(1_000_000, 30), grace_months=6, fast_track=True),
    Level(
        "diamond", 20_000, Thresholds(2_500_000, 60), grace_months=12, by_invitation=True, lifetime_years=5
    ),
)


def spa(maintenance: str = "ANNIVERSARY", undoing: str = "UNDO") -> ReferenceTier:
    """The LuxeSpa seed in whole: invitations, lifetime, touchpoints, inactivity after 24 months."""
    system = System("privilege", SPA, maintenance, inactive_months=24)
    revision = TierRevision(
        SINCE_EVER, (system,), enrolment="ON_FIRST_PURCHASE", default_system="privilege", undoing=undoing
    )
    return ReferenceTier(ReferenceProgram([revision]))


def buy(tier: ReferenceTier, on: date, ringgit: int = 0, visits: int = 0, member_id: str = "M1") -> str:
    """Records a purchase; its transaction id, T0 for the first."""
    transaction_id = f"T{len(tier.purchases)}"
    spend_minor = ringgit * 100
    answer = tier.record(transaction_id, member_id, "", on, spend_minor * ONE_BP, spend_minor, visits)
    assert not isinstance(answer, str), answer
    return transaction_id


def story(tier: ReferenceTier, member_id: str = "M1") -> list[tuple[date, str, str]]:
    """The moves of a member as day, reason and level after."""
    return [(move.effective_on, move.reason, move.to_level) for move in tier.members[member_id].moves]


def standing(tier: ReferenceTier, as_of: date | None = None, member_id: str = "M1") -> StandingAnswer:
    """A standing that there is."""
    answer = tier.standing(member_id, as_of)
    assert not isinstance(answer, str), answer
    return answer
