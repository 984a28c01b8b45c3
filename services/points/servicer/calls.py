"""What every call of the Points service stands on: the database, the clock, the policy, the days asked for."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import grpc
from google.type import date_pb2

from carat.points.v1 import points_service_pb2_grpc
from services.kernel.calendar import day_number
from services.kernel.program import Program, is_code
from services.points.policy import Policy
from services.points.recording.denial import Denial
from services.points.recording.purchases import Recorder
from services.points.recording.reversals import Reverser
from services.points.refusals import Reason
from services.points.servicer.requirements import refusal
from services.points.store.moments import see_one_moment
from services.points.store.policies import PolicyBook
from services.runtime.clock import Clock
from services.runtime.database import Connection, Database
from services.runtime.program_messages import day_from_proto

T = TypeVar("T")
Context = grpc.aio.ServicerContext[Any, Any]
Work = Callable[[Connection, Policy, int, datetime], T]

_DEFAULT_PAGE: Final = 50
_LARGEST_PAGE: Final = 1_000


class Calls(points_service_pb2_grpc.PointsServiceServicer):
    """Runs the work of a call in one transaction, with the policy, the program's today and the present instant."""

    def __init__(self, database: Database, recorder: Recorder, reverser: Reverser, clock: Clock) -> None:
        self._database = database
        self._recorder = recorder
        self._reverser = reverser
        self._clock = clock
        self._book = PolicyBook()

    def now(self) -> datetime:
        """The present instant."""
        return self._clock.now()

    async def with_policy(self, work: Work[T]) -> T:
        """Runs work in one transaction with the policy, the program's today and the present instant."""
        return await self.transact(lambda connection: self._with_policy(connection, work))

    async def at_one_moment(self, work: Work[T]) -> T:
        """The same for work that only reads, and sees the database as it is at one moment."""

        def at_one_moment(connection: Connection) -> T:
            see_one_moment(connection)
            return self._with_policy(connection, work)

        return await self.transact(at_one_moment)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Runs work in one transaction, off the event loop."""
        return await asyncio.to_thread(self._database.transact, work)

    def _with_policy(self, connection: Connection, work: Work[T]) -> T:
        policy = self._book.current(connection)
        if policy is None:
            raise refusal(Reason.POLICY_REQUIRED)
        now = self.now()
        return work(connection, policy, policy.day_at(now), now)


def granted(outcome: T | Denial, **about: str) -> T:
    """What an act came to. A refused one is raised, with what it is about, so that nothing of it stays."""
    if isinstance(outcome, Denial):
        raise refusal(outcome.reason, about | dict(outcome.metadata))
    return outcome


def printable(member_id: str) -> str:
    """The member id, which no member has unless it is printable."""
    if not is_code(member_id):
        raise refusal(Reason.MEMBER_ID_MUST_BE_PRINTABLE, {"member_id": member_id})
    return member_id


def printable_pool(pool_id: str) -> str:
    """The id of a pool, which no pool has unless it is printable."""
    if not is_code(pool_id):
        raise refusal(Reason.POOL_ID_MUST_BE_PRINTABLE, {"pool_id": pool_id})
    return pool_id


def printable_id(transaction_id: str) -> str:
    """The id that a caller gives an act, which must be printable."""
    if not is_code(transaction_id):
        raise refusal(Reason.TRANSACTION_ID_MUST_BE_PRINTABLE, {"transaction_id": transaction_id})
    return transaction_id


def zone_of(program: Program) -> ZoneInfo:
    """The program's time zone; UTC for a program that is refused because it names none."""
    return ZoneInfo(program.time_zone if program.time_zone in available_timezones() else "UTC")


def day_of(message: date_pb2.Date) -> int:
    """The day that a request names, which the calendar must have."""
    day = day_from_proto(message)
    if day is None:
        raise refusal(Reason.DATE_MUST_BE_VALID, _named(message))
    return day_number(day)


def day_until(message: date_pb2.Date, today: int) -> int:
    """The day that a request names, which must not be one to come."""
    day = day_of(message)
    if day > today:
        raise refusal(Reason.DATE_MUST_NOT_BE_IN_FUTURE, _named(message))
    return day


def _named(message: date_pb2.Date) -> dict[str, str]:
    return {"date": f"{message.year}-{message.month:02}-{message.day:02}"}


def page_size(asked: int) -> int:
    """The rows of a page: as asked for, within bounds (AIP-158)."""
    return min(asked, _LARGEST_PAGE) if asked > 0 else _DEFAULT_PAGE
