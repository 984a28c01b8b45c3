"""The programs that scenarios are played in: the two of deploy/programs, and edits of them over time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from carat.points.v1.policy_pb2 import PointsPolicy
from services.cli.program_file import read_program
from services.kernel.program import Program
from services.runtime.program_messages import program_from_proto
from services.tier.policy_document import Level, Maintenance, Repeats, Reset, Thresholds, TierPolicy, Undoing
from services.tier.policy_messages import policy_from_proto

_FILES: Final = Path(__file__).parents[2] / "deploy" / "programs"
SINCE_EVER: Final = date(2020, 1, 1)
"""Before any story; what is in force then is in force since ever."""


@dataclass(frozen=True)
class Revision:
    """A tier policy and a points policy, applied on one day and in force from another; None: that one stays."""

    applied_on: date
    effective_from: date
    policy: TierPolicy | None
    points: PointsPolicy | None = None


@dataclass(frozen=True)
class PlayedProgram:
    """A program with all its revisions, the first in force since ever."""

    program: Program
    revisions: tuple[Revision, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the program."""
        return ZoneInfo(self.program.time_zone)


def _read(name: str) -> tuple[Program, TierPolicy, PointsPolicy]:
    parsed = read_program(_FILES / name)
    assert parsed.mistakes == []
    told = parsed.message
    return program_from_proto(told.program), policy_from_proto(told.tier), told.points


def played(name: str, *later: tuple[date, TierPolicy]) -> PlayedProgram:
    """A program of deploy/programs, and tier policies that follow it."""
    program, policy, points = _read(name)
    first = Revision(SINCE_EVER, SINCE_EVER, policy, points)
    return PlayedProgram(program, (first, *(Revision(since, since, edited) for since, edited in later)))


def with_points(name: str, *edits: tuple[date, Callable[[PointsPolicy], None]]) -> PlayedProgram:
    """A program of deploy/programs whose points policy is edited from days on, each time as it was before."""
    base = played(name)
    revisions, points = list(base.revisions), base.revisions[0].points
    for since, edit in edits:
        edited = PointsPolicy()
        edited.CopyFrom(points or PointsPolicy())
        edit(edited)
        points = edited
        if since == SINCE_EVER:
            revisions = [replace(revisions[0], points=edited)]
        else:
            revisions.append(Revision(since, since, None, edited))
    return replace(base, revisions=tuple(revisions))


def _inactive(name: str) -> TierPolicy:
    _, policy, _ = _read(name)
    return replace(policy, systems=tuple(replace(system, active=False) for system in policy.systems))


def _with_level(policy: TierPolicy, code: str, multiplier_bp: int) -> TierPolicy:
    def multiplied(level: Level) -> Level:
        return replace(level, multiplier_bp=multiplier_bp) if level.code == code else level

    [system] = policy.systems
    return replace(policy, systems=(replace(system, levels=tuple(map(multiplied, system.levels))),))


def _yearly(anchor: date) -> PlayedProgram:
    def yearly(policy: TierPolicy) -> TierPolicy:
        [system] = policy.systems
        return replace(policy, systems=(replace(system, reset=Reset(anchor, Repeats.YEARLY)),))

    return edited("engage.yaml", yearly)


def edited(name: str, edit: Callable[[TierPolicy], TierPolicy]) -> PlayedProgram:
    """A program of deploy/programs with another tier policy since ever."""
    program, policy, points = _read(name)
    return PlayedProgram(program, (Revision(SINCE_EVER, SINCE_EVER, edit(policy), points),))


def _continuous(policy: TierPolicy) -> TierPolicy:
    [system] = policy.systems
    return replace(policy, systems=(replace(system, maintenance=Maintenance.CONTINUOUS),))


def _with_beta(policy: TierPolicy) -> TierPolicy:
    levels = (
        Level("beta-low", "Low"),
        Level(
            "beta-high", "High", multiplier_bp=40_000, entry=Thresholds(points=40), keep=Thresholds(points=1)
        ),
    )
    beta = replace(policy.systems[0], external_id="beta", name="Beta levels", colour_index=1, levels=levels)
    return replace(policy, systems=(*policy.systems, beta))


SWITCHED_OFF = date(2024, 6, 1)
SWITCHED_ON = date(2026, 1, 1)
RAISED = date(2024, 3, 1)

PROGRAMS = {
    "luxespa": played("luxespa.yaml"),
    "luxespa, switched off": played(
        "luxespa.yaml", (SWITCHED_OFF, _inactive("luxespa.yaml")), (SWITCHED_ON, _read("luxespa.yaml")[1])
    ),
    "luxespa, promotions kept": edited("luxespa.yaml", lambda policy: replace(policy, undoing=Undoing.KEEP)),
    "luxespa, continuous": edited("luxespa.yaml", _continuous),
    "engage": played("engage.yaml"),
    "engage, two systems": edited("engage.yaml", _with_beta),
    "engage, yearly from 29 February": _yearly(date(2024, 2, 29)),
    "engage, switched off": played("engage.yaml", (SWITCHED_OFF, _inactive("engage.yaml"))),
    "engage, bronze raised to 2": played(
        "engage.yaml", (RAISED, _with_level(_read("engage.yaml")[1], "bronze", 20_000))
    ),
}
