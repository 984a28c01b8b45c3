"""The call that posts what members bring along from another system."""

import numpy as np

from carat.points.v1 import adjustment_pb2 as pb
from services.kernel.calendar import NEVER, day_number
from services.points.recording.opening_balances import import_balances
from services.points.refusals import Reason
from services.points.rules.opening_balances import NO_SUCH_DAY, OpeningBalances
from services.points.servicer.calls import Calls, Context
from services.points.servicer.purchases import BATCH_LIMIT
from services.points.servicer.requirements import refusal
from services.runtime.program_messages import day_from_proto


class OpeningBalanceCalls(Calls):
    """BatchImportBalances."""

    async def BatchImportBalances(
        self, request: pb.BatchImportBalancesRequest, context: Context
    ) -> pb.BatchImportBalancesResponse:
        """Posts opening balances; each has its own result."""
        if len(request.balances) > BATCH_LIMIT:
            raise refusal(Reason.BATCH_TOO_LARGE, {"balances": str(len(request.balances))})
        balances = _balances_of(request)
        reasons, replayed = await self.with_policy(
            lambda connection, policy, today, now: import_balances(connection, policy, balances, today, now)
        )
        return pb.BatchImportBalancesResponse(
            results=[
                pb.OpeningBalanceResult(reason=reason, replayed=again)
                for reason, again in zip(reasons.tolist(), replayed.tolist(), strict=True)
            ]
        )


def _balances_of(request: pb.BatchImportBalancesRequest) -> OpeningBalances:
    return OpeningBalances(
        transaction_id=np.array([each.transaction_id for each in request.balances], dtype=object),
        member_id=np.array([each.member_id for each in request.balances], dtype=object),
        points=np.array([each.points for each in request.balances], dtype=np.int64),
        earned_on=np.array([_day_earned(each) for each in request.balances], dtype=np.int32),
    )


def _day_earned(balance: pb.OpeningBalance) -> int:
    if not balance.HasField("earned_on"):
        return NEVER
    day = day_from_proto(balance.earned_on)
    return NO_SUCH_DAY if day is None else max(day_number(day), NO_SUCH_DAY)
