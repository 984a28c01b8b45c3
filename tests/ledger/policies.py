"""Policies of the points program, as Hypothesis draws them, and as the services are told them."""

from datetime import date

from hypothesis import strategies as st

from carat.points.v1 import policy_pb2
from tests.reference.ladder import ONE_BP, Level, System, Thresholds, TierRevision
from tests.reference.points_policy import Expiry, LevelBonuses, PointsRevision, Redeeming

SPA = "spa"
SINCE_EVER = date(1970, 1, 1)

expiries = st.sampled_from(
    [None, Expiry(1, reinstatement_days=10), Expiry(3, reinstatement_days=31), Expiry(12)]
) | st.sampled_from([Expiry(1, by_inactivity=True, reinstatement_days=10), Expiry(6, by_inactivity=True)])
redeemings = st.sampled_from(
    [
        Redeeming(10, 100, 20, 10, 60),
        Redeeming(10, 100, 20, 10, 60),
        Redeeming(1, 3),
        Redeeming(5, 2, 0, 5, 2_000),
        None,
    ]
)


@st.composite
def bonuses(draw: st.DrawFn) -> tuple[tuple[tuple[str, str], LevelBonuses], ...]:
    """Bonuses of the lowest two levels; the highest has none."""
    return tuple(
        (
            (SPA, level),
            LevelBonuses(
                *draw(st.sampled_from([(0, 0), (1, 7), (2, 50), (3, 7)])),
                draw(st.sampled_from([0, 40])),
                draw(st.sampled_from([0, 25, 60])),
            ),
        )
        for level in ("low", "mid")
    )


@st.composite
def points_revisions(draw: st.DrawFn, since: date) -> PointsRevision:
    """A points policy from a day on."""
    return PointsRevision(
        since,
        draw(
            st.sampled_from(
                [
                    {"service": 10_000, "addon": 5_000, "product": 3_333, "package": 10_000},
                    {"service": 20_000, "addon": 0, "product": 0, "package": 15_000},
                ]
            )
        ),
        draw(
            st.sampled_from([frozenset({"service", "package"}), frozenset({"service", "addon", "package"})])
        ),
        draw(bonuses()),
        draw(redeemings),
        draw(expiries),
        draw(st.sampled_from([0, 0, 0, 3, 40])),
        draw(st.sampled_from([200, 200, 30])),
    )


@st.composite
def tier_revisions(draw: st.DrawFn) -> TierRevision:
    """A ladder that a few purchases climb, and a quiet year comes down."""

    def level(code: str, multiplier_bp: int, entry: Thresholds) -> Level:
        return Level(
            code,
            multiplier_bp,
            entry,
            birthday_multiplier_bp=draw(st.sampled_from([None, 20_000, 33_333])),
            package_bonus_bp=draw(st.sampled_from([0, 1_000, 3_333])),
        )

    ladder = (
        level("low", ONE_BP, Thresholds()),
        level("mid", 12_500, Thresholds(15_000, 3)),
        level("high", 20_000, Thresholds(60_000, 9)),
    )
    system = System(
        SPA,
        ladder,
        draw(st.sampled_from(["ANNIVERSARY", "ANNIVERSARY", "CONTINUOUS", "NONE"])),
        window_months=draw(st.sampled_from([3, 12])),
        birthday=draw(st.sampled_from(["REPLACE", "MULTIPLY"])),
        active=draw(st.sampled_from([True, True, True, False])),
    )
    return TierRevision(
        date(1, 1, 1),
        (system,),
        {"app": 20_000, "web": 11_111},
        draw(st.sampled_from(["ON_FIRST_PURCHASE", "ON_FIRST_PURCHASE", "EXPLICIT"])),
        SPA,
        undoing=draw(st.sampled_from(["UNDO", "UNDO", "KEEP"])),
    )


def policy_to_proto(revision: PointsRevision) -> policy_pb2.PointsPolicy:
    """A revision of the reference as the policy that is applied."""
    policy = policy_pb2.PointsPolicy(
        rates=policy_pb2.EarningRates(**{f"{kind}_bp": bp for kind, bp in revision.rates_bp.items()}),
        qualifying=policy_pb2.QualifyingKinds(**dict.fromkeys(revision.qualifying, True)),
        bonuses=[
            policy_pb2.LevelBonuses(
                tier_system=tier_system,
                level=level,
                treatment_every=each.treatment_every,
                treatment_points=each.treatment_points,
                renewal_points=each.renewal_points,
                referral_points=each.referral_points,
            )
            for (tier_system, level), each in revision.bonuses
        ],
        holding_days=revision.holding_days,
        adjustment_limit=revision.adjustment_limit,
    )
    if revision.redeeming is not None:
        terms = revision.redeeming
        policy.redeeming.CopyFrom(
            policy_pb2.Redeeming(
                points=terms.points,
                value_minor=terms.value_minor,
                minimum_points=terms.minimum_points,
                step_points=terms.step_points,
                hold_minutes=terms.hold_minutes,
            )
        )
    if revision.expiry is not None:
        idle = revision.expiry.by_inactivity
        policy.expiry.CopyFrom(
            policy_pb2.Expiry(
                mode=policy_pb2.EXPIRY_MODE_AFTER_INACTIVITY
                if idle
                else policy_pb2.EXPIRY_MODE_AFTER_EARNING,
                months=revision.expiry.months,
                reinstatement_days=revision.expiry.reinstatement_days,
            )
        )
    return policy
