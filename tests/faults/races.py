"""Members of two ladders who are reviewed on one day, and who buy around it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

import numpy as np

from carat.points.v1.purchase_pb2 import Amounts, Purchase
from carat.tier.v1.member_pb2 import Member
from services.cli.demo.jobs import PlannedJob
from services.kernel.shards import shard_of
from services.runtime.program_messages import day_to_proto

REVIEWED_ON: Final = date(2026, 3, 31)
"""A reset day of Engage, and the first anniversary of everybody who climbed LuxeSpa's ladder."""

RACED: Final = PlannedJob("tier-review", REVIEWED_ON)
MEMBERS: Final = 360
LANES: Final = 4

T = TypeVar("T", Member, Purchase)

_ENROLLED_ON: Final = date(2025, 1, 1)
_SECOND_PURCHASES: Final = 0.3
_BATCH: Final = 6
_SEN: Final = 100


@dataclass(frozen=True)
class Racers:
    """Members, what they bought before, and the one or two purchases of each that race the review."""

    members: list[Member]
    before: list[Purchase]
    first: list[Purchase]
    second: list[Purchase]

    def after_shard(self, shard: int) -> "Racers":
        """Those in later shards, and what they buy."""

        def later(items: list[T]) -> list[T]:
            shards = shard_of([item.member_id for item in items])
            return [item for item, its_shard in zip(items, shards, strict=True) if its_shard > shard]

        return Racers(later(self.members), later(self.before), later(self.first), later(self.second))

    def lanes(self, *rounds: list[Purchase]) -> list[list[list[Purchase]]]:
        """Rounds one after the other in batches, from the last shard to the first: against the run's direction.

        All purchases of a member are in one lane.
        """
        found: list[list[list[Purchase]]] = [[] for _ in range(LANES)]
        for purchases in rounds:
            shards = shard_of([purchase.member_id for purchase in purchases])
            backwards = [purchases[row] for row in np.argsort(-shards, kind="stable")]
            for lane in range(LANES):
                mine = [purchase for purchase in backwards if _number(purchase) % LANES == lane]
                found[lane] += [mine[start : start + _BATCH] for start in range(0, len(mine), _BATCH)]
        return found


def draw_racers(seed: int) -> Racers:
    """Half of them on each ladder, most of them near what keeps their level."""
    draw = np.random.default_rng(seed)
    racers = Racers([], [], [], [])
    for number in range(MEMBERS):
        is_spa = number % 2 == 0
        system = "luxespa" if is_spa else "engage"
        racers.members.append(
            Member(member_id=f"R{number}", enrolled_on=day_to_proto(_ENROLLED_ON), tier_system=system)
        )
        racers.before.extend(_spa_history(draw, number) if is_spa else _game_history(draw, number))
        largest = 1_500 if is_spa else 60
        days = REVIEWED_ON + timedelta(days=int(draw.integers(-1, 2)))
        racers.first.append(_bought(number, 8, days, int(draw.integers(1, largest))))
        if draw.random() < _SECOND_PURCHASES:
            day = max(days, REVIEWED_ON)
            racers.second.append(_bought(number, 9, day, int(draw.integers(1, largest))))
    return racers


def _spa_history(draw: np.random.Generator, number: int) -> Iterator[Purchase]:
    """Sapphire or Platinum a year before the review, and nearly enough or just enough to stay so."""
    entry, least, most = (3_200, 1_800, 3_300) if number % 5 else (10_500, 8_700, 10_200)
    yield _bought(number, 1, date(2025, 3, 31), entry)
    yield _bought(number, 2, date(2025, 10, 15), int(draw.integers(least, most)))


def _game_history(draw: np.random.Generator, number: int) -> Iterator[Purchase]:
    """Bronze or Silver in February, and some points in March."""
    yield _bought(number, 1, date(2026, 2, 10), 60)
    if number % 3 == 0:
        yield _bought(number, 2, date(2026, 2, 12), 90)
    yield _bought(number, 3, date(2026, 3, 10), int(draw.integers(1, 45)))


def _bought(number: int, nth: int, day: date, ringgit: int) -> Purchase:
    noon = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    purchase = Purchase(
        transaction_id=f"R{number}-{nth}",
        member_id=f"R{number}",
        treatments=1,
        amounts=Amounts(service_minor=ringgit * _SEN),
    )
    purchase.occurred_at.FromDatetime(noon)
    return purchase


def _number(purchase: Purchase) -> int:
    return int(purchase.member_id[1:])
