"""The gRPC face of the Points service: protobuf to columns and back; no rule, no SQL."""

from services.points.servicer.ledger import LedgerCalls
from services.points.servicer.opening_balances import OpeningBalanceCalls
from services.points.servicer.policies import PolicyCalls
from services.points.servicer.pools import PoolCalls
from services.points.servicer.purchases import PurchaseCalls
from services.points.servicer.quotes import QuoteCalls
from services.points.servicer.redemptions import RedemptionCalls
from services.points.servicer.referrals import ReferralCalls
from services.points.servicer.reports import ReportCalls
from services.points.servicer.reversals import ReversalCalls
from services.points.servicer.staff_acts import StaffActCalls


class PointsServicer(
    PurchaseCalls,
    QuoteCalls,
    ReversalCalls,
    PolicyCalls,
    LedgerCalls,
    RedemptionCalls,
    StaffActCalls,
    ReportCalls,
    OpeningBalanceCalls,
    PoolCalls,
    ReferralCalls,
):
    """Answers carat.points.v1.PointsService."""
