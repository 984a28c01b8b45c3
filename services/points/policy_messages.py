"""Points policies between protobuf and plain data; translation only."""

from dataclasses import asdict

from carat.points.v1 import policy_pb2
from services.points.policy_document import (
    EarningRates,
    Expiry,
    ExpiryMode,
    LevelBonuses,
    PointsPolicy,
    QualifyingKinds,
    Redeeming,
)


def policy_from_proto(message: policy_pb2.PointsPolicy) -> PointsPolicy:
    """The policy as plain data."""
    rates, kinds = message.rates, message.qualifying
    return PointsPolicy(
        rates=EarningRates(rates.service_bp, rates.addon_bp, rates.product_bp, rates.package_bp)
        if message.HasField("rates")
        else None,
        qualifying=QualifyingKinds(kinds.service, kinds.addon, kinds.product, kinds.package)
        if message.HasField("qualifying")
        else None,
        bonuses=tuple(_bonuses_from_proto(each) for each in message.bonuses),
        redeeming=_redeeming_from_proto(message.redeeming) if message.HasField("redeeming") else None,
        expiry=_expiry_from_proto(message.expiry) if message.HasField("expiry") else None,
        holding_days=message.holding_days,
        adjustment_limit=message.adjustment_limit,
    )


def policy_to_proto(policy: PointsPolicy) -> policy_pb2.PointsPolicy:
    """The policy as a message; what is None stays absent."""
    return policy_pb2.PointsPolicy(
        rates=policy_pb2.EarningRates(**asdict(policy.rates)) if policy.rates else None,
        qualifying=policy_pb2.QualifyingKinds(**asdict(policy.qualifying)) if policy.qualifying else None,
        bonuses=[policy_pb2.LevelBonuses(**asdict(each)) for each in policy.bonuses],
        redeeming=policy_pb2.Redeeming(**asdict(policy.redeeming)) if policy.redeeming else None,
        expiry=_expiry_to_proto(policy.expiry) if policy.expiry else None,
        holding_days=policy.holding_days,
        adjustment_limit=policy.adjustment_limit,
    )


def _bonuses_from_proto(message: policy_pb2.LevelBonuses) -> LevelBonuses:
    return LevelBonuses(
        message.tier_system,
        message.level,
        message.treatment_every,
        message.treatment_points,
        message.renewal_points,
        message.referral_points,
    )


def _redeeming_from_proto(message: policy_pb2.Redeeming) -> Redeeming:
    return Redeeming(
        message.points,
        message.value_minor,
        message.minimum_points,
        message.step_points,
        message.hold_minutes,
    )


def _expiry_from_proto(message: policy_pb2.Expiry) -> Expiry:
    return Expiry(ExpiryMode(message.mode), message.months, message.reinstatement_days)


def _expiry_to_proto(expiry: Expiry) -> policy_pb2.Expiry:
    return policy_pb2.Expiry(
        mode=policy_pb2.ExpiryMode.Name(expiry.mode),
        months=expiry.months,
        reinstatement_days=expiry.reinstatement_days,
    )
