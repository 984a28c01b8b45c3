"""What every call of the Tier service stands on: the database, the clock, the policy, the refusals."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import grpc
from google.rpc import code_pb2

from carat.tier.v1 import history_pb2, tier_service_pb2, tier_service_pb2_grpc
from services.kernel.calendar import day_number
from services.kernel.program import is_code
from services.runtime.clock import Clock
from services.runtime.database import Connection, Database, fetching
from services.runtime.refusal import Refused
from services.tier.policy import END_OF_CALENDARS, Policy
from services.tier.refusals import TEXTS, Reason
from services.tier.servicer import messages
from services.tier.store.policies import PolicyBook, PolicyRequired
from services.tier.store.reading import read_one_snapshot

T = TypeVar("T")
Context = grpc.aio.ServicerContext[Any, Any]
AsOfRequest = (
    tier_service_pb2.GetStandingRequest
    | tier_service_pb2.GetPolicyRequest
    | history_pb2.ExplainStandingRequest
)

_CODES = {
    Reason.MEMBER_UNKNOWN: code_pb2.NOT_FOUND,
    Reason.POLICY_REQUIRED: code_pb2.FAILED_PRECONDITION,
    Reason.MEMBER_ALREADY_ENROLLED: code_pb2.ALREADY_EXISTS,
    Reason.REVISION_UNKNOWN: code_pb2.NOT_FOUND,
    Reason.REVISION_HAS_STARTED: code_pb2.FAILED_PRECONDITION,
    Reason.REVISION_ALREADY_CANCELLED: code_pb2.FAILED_PRECONDITION,
    Reason.INVITATION_UNKNOWN: code_pb2.NOT_FOUND,
    Reason.INVITATION_ALREADY_OPEN: code_pb2.ALREADY_EXISTS,
    Reason.INVITATION_EXPIRED: code_pb2.FAILED_PRECONDITION,
    Reason.INVITATION_MUST_BE_PROPOSED: code_pb2.FAILED_PRECONDITION,
    Reason.INVITATION_MUST_BE_APPROVED: code_pb2.FAILED_PRECONDITION,
    Reason.INVITATION_MUST_BE_OPEN: code_pb2.FAILED_PRECONDITION,
    Reason.APPROVER_MUST_BE_GENERAL_MANAGER: code_pb2.PERMISSION_DENIED,
    Reason.APPROVER_MUST_NOT_BE_PROPOSER: code_pb2.PERMISSION_DENIED,
    Reason.MEMBER_IN_NO_SYSTEM: code_pb2.FAILED_PRECONDITION,
    Reason.TIER_SYSTEM_INACTIVE: code_pb2.FAILED_PRECONDITION,
    Reason.LEVEL_MUST_BE_ANOTHER: code_pb2.FAILED_PRECONDITION,
    Reason.LIFETIME_MUST_NOT_END: code_pb2.FAILED_PRECONDITION,
    Reason.GIVER_MUST_BE_LIFETIME: code_pb2.FAILED_PRECONDITION,
    Reason.STATUS_ALREADY_GIFTED: code_pb2.FAILED_PRECONDITION,
    Reason.MEMBER_MERGED: code_pb2.FAILED_PRECONDITION,
    Reason.MEMBER_ERASED: code_pb2.FAILED_PRECONDITION,
    Reason.MERGE_UNKNOWN: code_pb2.NOT_FOUND,
    Reason.MERGE_ALREADY_UNDONE: code_pb2.FAILED_PRECONDITION,
}
_TOKEN: Final = re.compile(r"[0-9]{1,18}")


def refused(reason: Reason, **metadata: str) -> Refused:
    """The refusal of a whole call, with the status code that fits its reason."""
    return Refused(reason, TEXTS[reason], _CODES.get(reason, code_pb2.INVALID_ARGUMENT), metadata)


def page_size(asked: int, usual: int, limit: int) -> int:
    """The rows of a page: as asked for, within bounds (AIP-158)."""
    return min(asked, limit) if asked > 0 else usual


def row_of_token(token: str) -> int | None:
    """The position of the row that a page follows; None for the first page."""
    if token and not _TOKEN.fullmatch(token):
        raise refused(Reason.PAGE_TOKEN_INVALID, page_token=token)
    return int(token) if token else None


def printable(member_id: str) -> str:
    """The member id, which no member has unless it is printable."""
    if not is_code(member_id):
        raise refused(Reason.MEMBER_ID_MUST_BE_PRINTABLE, member_id=member_id)
    return member_id


def as_of_day(request: AsOfRequest, today: int) -> int:
    """The day that a request asks about, as far as the calendars of the policy reach; today where it names none."""
    day = messages.day_of(request.as_of) if request.HasField("as_of") else today
    if day >= END_OF_CALENDARS:
        raise refused(Reason.DATE_MUST_BE_VALID)
    return day


class Calls(tier_service_pb2_grpc.TierServiceServicer):
    """Runs the work of a call in one transaction, with the policy in force and the program's today."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._book = PolicyBook()

    def today_in(self, time_zone: str, ahead: timedelta = timedelta(0)) -> int:
        """The present day of a time zone, by a clock so far ahead of ours.

        It is that of UTC for a name that the rules are about to refuse.
        """
        try:
            zone = ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError):
            zone = ZoneInfo("UTC")
        return day_number((self._clock.now() + ahead).astimezone(zone).date())

    async def with_policy(
        self,
        work: Callable[[Connection, Policy, int], T],
        ahead: timedelta = timedelta(0),
        *,
        reading: bool = False,
    ) -> T:
        """Runs work in one transaction with the policy in force and the program's today.

        It is today by a clock so far `ahead` of ours: of the caller, whose clock is not ours. What is only `reading`
        finds all data as of one moment.
        """

        def with_policy(connection: Connection) -> T:
            if reading:
                read_one_snapshot(connection)
            try:
                policy = self._book.current(fetching(connection))
            except PolicyRequired as error:
                raise refused(Reason.POLICY_REQUIRED) from error
            today = self.today_in(policy.program.time_zone, ahead)
            return work(connection, policy, today)

        return await self.transact(with_policy)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Runs work in one transaction, off the event loop."""
        return await asyncio.to_thread(self._database.transact, work)
