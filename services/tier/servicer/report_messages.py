"""Reports as messages, each line with the names and ranks of its day; translation only."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from carat.tier.v1 import report_pb2
from services.tier.policy import Policy
from services.tier.recording.objectives import Objectives
from services.tier.rules.composition import Composition
from services.tier.servicer.messages import day_message


class Rung(NamedTuple):
    """A level of the ladder of a day, with the numbers of system and level."""

    tier_system: str
    level: str
    rank: int
    numbers: tuple[int, int]


def rungs_on(day: int, policy: Policy, systems: Sequence[str], levels: Sequence[str]) -> Iterator[Rung]:
    """The levels of the policy in force on a day, lowest first; only those named, where any are."""
    for system in policy.document_on(day).systems:
        number = policy.system_ids.index(system.external_id)
        for rank, level in enumerate(system.levels):
            if (not systems or system.external_id in systems) and (not levels or level.code in levels):
                numbers = (number, policy.level_codes[number].index(level.code))
                yield Rung(system.external_id, level.code, rank, numbers)


def compositions(day: int, counted: Composition, rungs: Iterable[Rung]) -> list[report_pb2.Composition]:
    """The snapshot of a day, empty levels included."""
    counts = _by_numbers(counted)
    return [
        report_pb2.Composition(
            day=day_message(day),
            tier_system=rung.tier_system,
            level=rung.level,
            rank=rung.rank,
            **dict(zip(_COUNTED, counts.get(rung.numbers, _NOBODY), strict=True)),
        )
        for rung in rungs
    ]


def risks(counted: Composition, rungs: Iterable[Rung]) -> list[report_pb2.Risk]:
    """Who is at risk at each level, and who is safe."""
    counts = _by_numbers(counted)
    found = ((rung, dict(zip(_COUNTED, counts.get(rung.numbers, _NOBODY), strict=True))) for rung in rungs)
    return [
        report_pb2.Risk(
            tier_system=rung.tier_system,
            level=rung.level,
            at_risk=count["at_risk"],
            safe=count["members"] - count["at_risk"],
        )
        for rung, count in found
    ]


def grace_counts(
    counted: Iterable[tuple[int, int, int, int]], rungs: Iterable[Rung], today: int
) -> list[report_pb2.GraceCount]:
    """Members in grace by level and days left, fewest days first, then in the order of the ladder."""
    place = {rung.numbers: (number, rung) for number, rung in enumerate(rungs)}
    shown = [
        (over_on - today, *place[system, level], members)
        for system, level, over_on, members in counted
        if (system, level) in place
    ]
    return [
        report_pb2.GraceCount(
            tier_system=rung.tier_system, level=rung.level, days_left=days_left, members=members
        )
        for days_left, _, rung, members in sorted(shown)
    ]


def objectives_response(figures: Objectives, policy: Policy, system: int) -> report_pb2.GetObjectivesResponse:
    """The figures of twelve months."""
    return report_pb2.GetObjectivesResponse(
        first=day_message(figures.first),
        last=day_message(figures.last),
        retentions=[
            report_pb2.Retention(
                level=policy.level_code(system, retention.level),
                members=retention.members,
                retained=retention.retained,
            )
            for retention in figures.retentions
        ],
        members_before=figures.members_before,
        churned=figures.churned,
        spend_minor=figures.spend,
        top_two_spend_minor=figures.top_two_spend,
        active_members=figures.active_members,
        visits=figures.visits,
    )


_COUNTED = ("members", "in_grace", "at_risk", "inactive")
_NOBODY = (0, 0, 0, 0)


def _by_numbers(counted: Composition) -> dict[tuple[int, int], tuple[int, ...]]:
    keys = zip(counted.system.tolist(), counted.level.tolist(), strict=True)
    counts = zip(*(getattr(counted, name).tolist() for name in _COUNTED), strict=True)
    return dict(zip(keys, counts, strict=True))
