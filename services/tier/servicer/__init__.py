"""The Tier service over gRPC: protobuf to columns and back; no rule, no SQL."""

from services.tier.servicer.activities import ActivityCalls
from services.tier.servicer.graces import GraceCalls
from services.tier.servicer.history import HistoryCalls
from services.tier.servicer.invitations import InvitationCalls
from services.tier.servicer.member_records import MemberRecordCalls
from services.tier.servicer.members import MemberCalls
from services.tier.servicer.moves import MoveCalls
from services.tier.servicer.policies import PolicyCalls
from services.tier.servicer.properties import PropertyCalls
from services.tier.servicer.reports import ReportCalls
from services.tier.servicer.reversals import ReversalCalls
from services.tier.servicer.revisions import RevisionCalls
from services.tier.servicer.staff import StaffCalls


class TierServicer(
    PolicyCalls,
    RevisionCalls,
    PropertyCalls,
    MemberCalls,
    MemberRecordCalls,
    ActivityCalls,
    MoveCalls,
    ReversalCalls,
    HistoryCalls,
    InvitationCalls,
    StaffCalls,
    GraceCalls,
    ReportCalls,
):
    """Answers carat.tier.v1.TierService."""
