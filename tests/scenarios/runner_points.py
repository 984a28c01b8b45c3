"""Plays scenarios on the Points service over the Tier service, both in the test's own process."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from carat.benefits.v1.award_pb2 import Award as AwardMessage
from carat.points.v1 import points_service_pb2 as points
from carat.points.v1 import purchase_pb2, reversal_pb2
from carat.tier.v1.tier_service_pb2 import VerifyStandingsRequest
from services.points.clients.feeds import award_of, move_follower
from services.points.clients.tier import TierClient
from services.points.followed import Award
from services.points.recording.awards import follow_awards
from services.points.recording.purchases import Recorder
from services.points.recording.reversals import Reverser
from services.points.servicer import PointsServicer
from services.points.servicer.calls import Context
from services.points.store.feeds import AWARD_FEED
from services.points.store.policies import PolicyBook
from services.points.tables import FEED_CURSOR
from services.points.tidying import Tidying
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.follower import Follower
from services.runtime.program_messages import day_to_proto, program_to_proto
from services.tier.servicer import TierServicer
from tests.scenarios.programs import PlayedProgram, Revision
from tests.scenarios.runner_tier import TierRunner
from tests.scenarios.story import Purchase, Receipt, Returns
from tests.scenarios.tills import purchase_message, receipt_of, refund_message
from tests.tier.world import TierWorld, run_job
from workers.jobs import JOBS

_NO_CONTEXT: Final = cast(Context, None)
_BY_SHARD: Final = ("points_by_shard", "spend_by_shard", "visits_by_shard")


class _TierInProcess(TierClient):
    """The client of the Tier service, without the wire: its stub calls the service in this process."""

    def __init__(self, servicer: TierServicer) -> None:
        self._timeout_seconds = 0.0
        self._stubs = itertools.cycle([_Stub(servicer)])  # type: ignore[list-item]


class _Stub:
    """Answers calls as a gRPC stub does."""

    def __init__(self, servicer: TierServicer) -> None:
        self._servicer = servicer

    def __getattr__(self, rpc: str) -> Callable[..., Awaitable[Any]]:
        return lambda request, timeout: getattr(self._servicer, rpc)(request, _NO_CONTEXT)


class PointsRunner(TierRunner):
    """A RunnerOfPoints whose clock moves with the story; whatever Tier tells is followed at once.

    A purchase that is recorded alone is quoted first, and the quote must be what recording it answers.
    """

    def __init__(self, world: TierWorld, database: Database, zone: ZoneInfo) -> None:
        super().__init__(world, zone)
        self._clock = Clock(datetime.now(UTC))
        self._database = database
        self._awards: list[Award] = []
        self._tier = TierServicer(world.database, self._clock)
        tier, book = _TierInProcess(self._tier), PolicyBook()
        recorder = Recorder(database, tier, self._clock)
        reverser = Reverser(database, tier, self._clock)
        self._points = PointsServicer(database, recorder, reverser, self._clock, coalescer_cap=1_000)
        self._moves = move_follower(database, book, self._clock, tier.read_moves, poll_seconds=0.0)
        self._awarded = Follower(
            AWARD_FEED,
            database,
            FEED_CURSOR,
            self._read_awards,
            lambda connection, awards: follow_awards(connection, book, awards),
            poll_seconds=0.0,
        )
        self._tidying = Tidying(database, book, self._clock, pause_seconds=0.0)
        self._loop = asyncio.Runner()

    def close(self) -> None:
        """Ends the event loop of the calls."""
        self._loop.close()

    def begin_day(self, today: date) -> None:
        """See Runner; it is noon of the day."""
        super().begin_day(today)
        object.__setattr__(self._clock, "fixed_now", datetime.combine(today, time(12), self.zone))

    def apply(self, program: PlayedProgram, revision: Revision) -> None:
        """See Runner."""
        super().apply(program, revision)
        if revision.points is not None:
            request = points.ApplyPolicyRequest(
                program=program_to_proto(program.program),
                policy=revision.points,
                effective_from=day_to_proto(revision.effective_from),
            )
            assert self._asked("ApplyPolicy", request).changed

    def join(self, member_id: str, on: date, birthday: date | None) -> None:
        """See Runner."""
        super().join(member_id, on, birthday)
        self._follow(self._moves)

    def record(self, purchases: Sequence[Purchase]) -> list[Receipt]:
        """See Runner."""
        messages = [purchase_message(each, self.zone) for each in purchases]
        quoted = self._quoted(messages[0]) if len(messages) == 1 else None
        request = points.BatchRecordPurchasesRequest(purchases=messages)
        results = self._asked("BatchRecordPurchases", request).results
        assert [result.reason for result in results] == [0] * len(results)
        assert quoted is None or quoted == results[0].receipt
        self._follow(self._moves)
        return [receipt_of(result.receipt) for result in results]

    def ask(self, rpc: str, request: Any) -> Any:
        """See Runner."""
        answer = super().ask(rpc, request)
        self._follow(self._moves)
        self._tidying.run_once()
        return answer

    def ask_points(self, rpc: str, request: Any) -> Any:
        """See RunnerOfPoints."""
        return self._asked(rpc, request)

    def take_back(self, reversal_id: str, purchase: Purchase, returns: Returns) -> Receipt:
        """See Runner."""
        reversal = refund_message(reversal_id, purchase, returns, self.zone)
        request = reversal_pb2.ReversePurchaseRequest(reversal=reversal)
        receipt = self._asked("ReversePurchase", request).receipt
        self._follow(self._moves)
        return receipt_of(receipt)

    def award(self, award: AwardMessage) -> None:
        """See RunnerOfPoints."""
        self._awards.append(award_of(award))
        self._follow(self._awarded)

    def wait_until(self, is_so: Callable[[], bool]) -> bool:
        """See RunnerOfPoints; nothing changes by itself."""
        return is_so()

    def run(self, job: str, as_of: date) -> int:
        """See Runner."""
        if JOBS[job].service == "points":
            run_job(self._database, JOBS[job], as_of, f"points-run-{as_of}")
            return 0
        moves = super().run(job, as_of)
        if moves:
            self._follow(self._moves)
        return moves

    def broken_promises(self) -> list[str]:
        """The promises that the data of Tier or Points breaks, and the sums by shard in which they differ."""
        ledger = self._streamed(self._points.VerifyLedger(points.VerifyLedgerRequest(), _NO_CONTEXT))
        standings = self._streamed(self._tier.VerifyStandings(VerifyStandingsRequest(), _NO_CONTEXT))
        return [
            *(f"{each.promise}: {each.members}" for each in (*ledger, *standings) if each.breaches),
            *(
                name
                for name in _BY_SHARD
                if list(getattr(ledger[-1], name)) != list(getattr(standings[-1], name))
            ),
        ]

    def _asked(self, rpc: str, request: Any) -> Any:
        return self._loop.run(getattr(self._points, rpc)(request, _NO_CONTEXT))

    def _quoted(self, message: purchase_pb2.Purchase) -> purchase_pb2.Receipt:
        quoted: purchase_pb2.Receipt = self._asked(
            "QuotePurchase", points.QuotePurchaseRequest(purchase=message)
        ).receipt
        return quoted

    def _follow(self, follower: Follower[Any]) -> None:
        while self._loop.run(follower.step()):
            pass

    async def _read_awards(self, cursor: str) -> tuple[Sequence[Award], str]:
        return self._awards[int(cursor or 0) :], str(len(self._awards))

    def _streamed(self, stream: AsyncIterator[Any]) -> list[Any]:
        async def all_of_it() -> list[Any]:
            return [each async for each in stream]

        return self._loop.run(all_of_it())
