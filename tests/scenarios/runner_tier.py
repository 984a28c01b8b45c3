"""Plays scenarios on the Tier service in the test's own process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from carat.tier.v1 import move_pb2, standing_pb2
from services.kernel.calendar import NEVER, day_date
from services.runtime.program_messages import day_from_proto
from tests.scenarios.acting import newcomer, returned
from tests.scenarios.programs import PlayedProgram, Revision
from tests.scenarios.story import Moved, Purchase, Receipt, Record, Returns
from tests.tier.calls import asked
from tests.tier.world import TierWorld, purchase
from workers.jobs import JOBS

_MICROPOINTS_PER_MINOR = 10_000


@dataclass
class TierRunner:
    """A Runner without the Points service: one point is earned for each unit of the currency, and all qualifies."""

    world: TierWorld
    zone: ZoneInfo

    def begin_day(self, today: date) -> None:
        """See Runner."""
        self.world.today = today

    def apply(self, program: PlayedProgram, revision: Revision) -> None:
        """See Runner."""
        if revision.policy is None:
            return
        applied = self.world.applied(revision.policy, revision.effective_from, program=program.program)
        assert applied.changed
        assert applied.violations == []

    def join(self, member_id: str, on: date, birthday: date | None) -> None:
        """See Runner."""
        assert self.world.enrol(newcomer(member_id, on, birthday)) == [("", True)]

    def record(self, purchases: Sequence[Purchase]) -> list[Receipt]:
        """See Runner."""
        items = [
            purchase(
                each.transaction_id,
                each.member_id,
                each.on,
                spend_minor=each.service_minor,
                visits=each.treatments,
                property_id=each.in_property,
                base_micropoints=each.service_minor * _MICROPOINTS_PER_MINOR,
            )
            for each in purchases
        ]
        results = self.world.record(*items)
        assert [result.reason for result in results] == [0] * len(results)
        return [
            Receipt(each.points, each.level_after, _reason(each.move_reason), each.replayed)
            for each in results
        ]

    def ask(self, rpc: str, request: Any) -> Any:
        """See Runner."""
        return asked(self.world, rpc, request, self.zone.key)

    def take_back(self, reversal_id: str, purchase: Purchase, returns: Returns) -> Receipt:
        """See Runner."""
        return returned(self.ask, reversal_id, purchase, returns)

    def run(self, job: str, as_of: date) -> int:
        """See Runner."""
        return len(self.world.run(JOBS[job], as_of))

    def record_of(self, member_id: str, as_of: date) -> Record:
        """See Runner."""
        standing = self.world.standing(member_id, as_of)
        assert isinstance(standing, standing_pb2.Standing)
        return record_of(standing)

    def moves_of(self, member_id: str) -> list[Moved]:
        """See Runner."""
        return [moved(move) for move in self.world.moves(member_id)]

    def next_reset(self) -> date | None:
        """See Runner."""
        day = self.world.next_reset()
        return None if day == NEVER else day_date(day)


def record_of(standing: standing_pb2.Standing) -> Record:
    """What a standing shows, in the words of the scenarios."""
    since = day_from_proto(standing.level_since)
    assert since is not None
    return Record(
        level=standing.level,
        since=since,
        in_grace_until=day_from_proto(standing.grace.until) if standing.HasField("grace") else None,
        next_review=_day(standing, "next_review"),
        spend_minor=standing.counted.spend_minor,
        treatments=standing.counted.visits,
        points=standing.counted.points,
        for_life_since=_day(standing, "lifetime_since"),
        inactive_since=_day(standing, "inactive_since"),
        locked_until=_day(standing, "locked_until"),
        system=standing.tier_system,
    )


def _day(standing: standing_pb2.Standing, field: str) -> date | None:
    return day_from_proto(getattr(standing, field)) if standing.HasField(field) else None


def moved(move: move_pb2.Move) -> Moved:
    """A move in the words of the scenarios."""
    on = day_from_proto(move.effective_on)
    assert on is not None
    return on, _reason(move.reason), move.to_level


def _reason(reason: move_pb2.MoveReason) -> str:
    return move_pb2.MoveReason.Name(reason).removeprefix("MOVE_REASON_") if reason else ""
