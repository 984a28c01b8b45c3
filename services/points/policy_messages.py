"""Points policies between protobuf and plain data; translation only."""

from dataclasses import asdict

from carat.points.v1 import policy_pb2
from services.points.policy_document import EarningRates, PointsPolicy, QualifyingKinds


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
    )


def policy_to_proto(policy: PointsPolicy) -> policy_pb2.PointsPolicy:
    """The policy as a message; what is None stays absent."""
    return policy_pb2.PointsPolicy(
        rates=policy_pb2.EarningRates(**asdict(policy.rates)) if policy.rates else None,
        qualifying=policy_pb2.QualifyingKinds(**asdict(policy.qualifying)) if policy.qualifying else None,
    )
