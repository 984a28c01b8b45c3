"""Every promise that live data can break, checked by the services themselves and across them."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from carat.benefits.v1.award_pb2 import ReadAwardFeedRequest
from carat.benefits.v1.benefits_service_pb2 import GetFeedPositionRequest, VerifyAllowancesRequest
from carat.points.v1 import points_service_pb2 as points
from carat.points.v1.points_service_pb2 import CountPendingRequest, VerifyLedgerRequest
from carat.tier.v1.tier_service_pb2 import CountMembersRequest, ReadMoveFeedRequest, VerifyStandingsRequest
from services.cli.connections import Connections

_READINGS: Final = 3
_NAMED_OFFENDERS: Final = 20
_PAUSE_SECONDS: Final = 0.2
_BY_SHARD: Final = {
    "points_by_shard": "What Tier granted is in the ledger, shard by shard",
    "spend_by_shard": "What qualifies of the ledger's purchases counts in Tier, shard by shard",
    "visits_by_shard": "The treatments of the ledger's purchases count in Tier, shard by shard",
}
"""What Tier and Points both know of purchases that were not taken back, and the promise that they agree."""


@dataclass(frozen=True, slots=True)
class Check:
    """One promise: who looked, how many rows it is about, how many break it, and some of those who do."""

    checked_by: str
    promise: str
    checked: int
    breaches: int
    offenders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found; `unsettled` says what was still moving, so that some promises could not be compared."""

    checks: tuple[Check, ...]
    unsettled: tuple[str, ...]

    @property
    def breaches(self) -> int:
        """How many rows break a promise."""
        return sum(check.breaches for check in self.checks)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The same sums as two services have them."""

    promise: str
    names: tuple[str, str]
    first: Mapping[str, int]
    second: Mapping[str, int]

    def differences(self) -> dict[str, int]:
        """By how much the first exceeds the second, where they differ."""
        places = dict.fromkeys([*self.first, *self.second])
        gaps = {place: self.first.get(place, 0) - self.second.get(place, 0) for place in places}
        return {place: gap for place, gap in gaps.items() if gap}

    def verdict(self, broken: Iterable[str]) -> Check:
        """The check that these places break."""
        places = list(broken)
        offenders = tuple(
            f"{place}: {self.names[0]} has {self.first.get(place, 0):,}, "
            f"{self.names[1]} has {self.second.get(place, 0):,}"
            for place in places[:_NAMED_OFFENDERS]
        )
        checked = len(self.first.keys() | self.second.keys())
        return Check(" and ".join(self.names), self.promise, checked, len(places), offenders)


def verify_all(
    connections: Connections, wait_seconds: float = 60.0, on_check: Callable[[Check], None] = lambda _: None
) -> Verification:
    """Checks every promise; waits up to `wait_seconds` until nothing is under way between the services.

    `on_check` is told each check as it is made. Calls go on meanwhile; grpc.RpcError where a service is away.
    """
    unsettled = settle(connections, wait_seconds)
    checks, comparisons = _read(connections)
    for check in checks:
        on_check(check)
    if not unsettled:
        compared, unsettled = _compare(connections, wait_seconds, comparisons)
        for check in compared:
            on_check(check)
        checks += compared
    return Verification(tuple(checks), tuple(unsettled))


def settle(connections: Connections, wait_seconds: float) -> list[str]:
    """What is still under way when the time is over; nothing, as soon as there is nothing."""
    deadline = time.monotonic() + wait_seconds
    while (waiting := list(_under_way(connections))) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return waiting


def _under_way(connections: Connections) -> Iterator[str]:
    waiting = connections.points.CountPending(CountPendingRequest())
    if waiting.pending:
        yield f"{waiting.pending:,} purchases are accepted and not yet posted"
    if waiting.pending_reversals:
        yield f"{waiting.pending_reversals:,} refunds are accepted and not yet posted"
    position = connections.points.GetFeedPosition(points.GetFeedPositionRequest())
    followed = {
        "Points": position.moves_cursor,
        "Benefits": connections.benefits.GetFeedPosition(GetFeedPositionRequest()).cursor,
    }
    for follower, cursor in followed.items():
        if connections.tier.ReadMoveFeed(ReadMoveFeedRequest(cursor=cursor, page_size=1)).moves:
            yield f"{follower} has not yet followed every move"
    if connections.benefits.ReadAwardFeed(ReadAwardFeedRequest(cursor=position.awards_cursor)).awards:
        yield "Points has not yet followed every award"


def _read(connections: Connections) -> tuple[list[Check], list[_Comparison]]:
    standings = list(connections.tier.VerifyStandings(VerifyStandingsRequest()))
    ledger = list(connections.points.VerifyLedger(VerifyLedgerRequest()))
    allowances = list(connections.benefits.VerifyAllowances(VerifyAllowancesRequest()))
    counts = connections.tier.CountMembers(CountMembersRequest()).counts
    checks = [*_own("tier", standings), *_own("points", ledger), *_own("benefits", allowances)]
    holders = _Comparison(
        "Tier and Benefits know the same number of members at each level",
        ("tier", "benefits"),
        {f"{count.tier_system} {count.level}": count.members for count in counts},
        {
            f"{count.tier_system} {count.level}": count.members
            for answer in allowances
            for count in answer.holders
            if count.level  # who was merged away or erased is at none
        },
    )
    return checks, [*_of_shards(standings, ledger), holders]


def _compare(
    connections: Connections, wait_seconds: float, comparisons: list[_Comparison]
) -> tuple[list[Check], list[str]]:
    """Judges comparisons, read again where they differ: what was written between two readings is no breach.

    A breach differs by the same amount each time.
    """
    differences = [comparison.differences() for comparison in comparisons]
    moving = any(differences)
    for _ in range(_READINGS - 1):
        if not moving:
            break
        settle(connections, wait_seconds)
        comparisons = _read(connections)[1]
        before, differences = differences, [comparison.differences() for comparison in comparisons]
        moving = before != differences
    if moving:
        return [], [
            "purchases or moves were recorded while they were compared; verify again in a quieter hour"
        ]
    return [
        comparison.verdict(broken) for comparison, broken in zip(comparisons, differences, strict=True)
    ], []


def _own(service: str, answers: Iterable[Any]) -> list[Check]:
    return [
        Check(service, answer.promise.rstrip("."), answer.checked, answer.breaches, tuple(answer.members))
        for answer in answers
        if answer.promise
    ]


def _of_shards(standings: list[Any], ledger: list[Any]) -> Iterator[_Comparison]:
    """The sums that Tier and Points both tell by shard; a service of an earlier version does not tell all of them."""
    for name, promise in _BY_SHARD.items():
        sums = [_by_shard(answers, name) for answers in (standings, ledger)]
        if all(sums):
            yield _Comparison(promise, ("tier", "points"), *sums)


def _by_shard(answers: list[Any], name: str) -> dict[str, int]:
    shards = getattr(answers[-1], name) if answers else []
    return {f"shard {number}": points for number, points in enumerate(shards)}
