"""The Tier service over gRPC: protobuf to columns and back; no rule, no SQL."""

from services.tier.servicer.activities import ActivityCalls
from services.tier.servicer.members import MemberCalls
from services.tier.servicer.moves import MoveCalls
from services.tier.servicer.policies import PolicyCalls


class TierServicer(PolicyCalls, MemberCalls, ActivityCalls, MoveCalls):
    """Answers carat.tier.v1.TierService."""
