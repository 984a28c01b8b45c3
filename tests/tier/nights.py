"""Whoever comes first: one membership lived through by purchases alone and by jobs in several orders."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa

from carat.tier.v1 import member_pb2, move_pb2
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.tier.policy_document import TierPolicy
from services.tier.tables import STANDING
from tests.tier.world import TierWorld, purchase
from workers.job import AnyJob
from workers.jobs.grace_expiration import GRACE_EXPIRATION
from workers.jobs.inactivity import INACTIVITY
from workers.jobs.tenure import TENURE
from workers.jobs.tier_review import TIER_REVIEW
from workers.jobs.window_roll import WINDOW_ROLL

Story = list[tuple[date | None, str, str]]
Night = Sequence[AnyJob]

IN_ORDER: Final[Night] = (TIER_REVIEW, GRACE_EXPIRATION, WINDOW_ROLL, TENURE, INACTIVITY)
BACKWARDS: Final[Night] = IN_ORDER[::-1]
JOINED: Final = date(2020, 1, 10)


def story(moves: Sequence[move_pb2.Move]) -> Story:
    """Day, reason and level of each move."""
    return [
        (
            day_from_proto(move.effective_on),
            move_pb2.MoveReason.Name(move.reason).removeprefix("MOVE_REASON_"),
            move.to_level,
        )
        for move in moves
    ]


def joined(world: TierWorld, policy: TierPolicy, on: date = JOINED) -> None:
    """M1 has joined the default system of the policy on a day that is today."""
    world.today = on
    assert world.apply(policy) == []
    assert world.enrol(member_pb2.Member(member_id="M1", enrolled_on=day_to_proto(on))) == [("", True)]


def told_alike(
    world: TierWorld, begin: Callable[[TierWorld], object], days: Sequence[date], last: date
) -> Story:
    """M1's moves up to a last purchase, after `begin`: the same whether jobs run or not, and in whatever order.

    `days` are the nights on which jobs run, if they do.
    """
    alone: list[Night] = [(WINDOW_ROLL,), (GRACE_EXPIRATION,), (TENURE,)]
    lives: list[list[tuple[Night, date]]] = [
        [],
        *[[(night, day) for day in days] for night in (IN_ORDER, BACKWARDS, *alone)],
        [(BACKWARDS, days[-1]), (BACKWARDS, days[-1])],
    ]
    stories: list[Story] = []
    for life in lives:
        world.clear()
        begin(world)
        world.today = last
        for night, day in life:
            for job in night:
                world.run(job, day)
                assert night is not IN_ORDER or world.changes(job, day) == []
        world.record(purchase("LAST", "M1", last))
        stories.append(story(world.moves("M1")))
    assert all(each == stories[0] for each in stories), stories
    return stories[0]


def lock(world: TierWorld, *, kept_until: date | None = None, held_until: date | None = None) -> None:
    """Locks the level that M1 holds, as staff would."""
    marks = {"kept_until": kept_until, "held_until": held_until}
    given = {name: day for name, day in marks.items() if day is not None}
    world.database.transact(lambda connection: connection.execute(sa.update(STANDING).values(**given)))
