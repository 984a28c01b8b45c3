"""The programs that scenarios are played in: the two of deploy/programs, and edits of them over time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from services.cli.program_file import read_program
from services.kernel.program import Program
from services.runtime.program_messages import program_from_proto
from services.tier.policy_document import Level, Maintenance, Repeats, Reset, Thresholds, TierPolicy, Undoing
from services.tier.policy_messages import policy_from_proto

_FILES = Path(__file__).parents[2] / "deploy" / "programs"


@dataclass(frozen=True)
class Revision:
    """A tier policy, applied on one day and in force from another."""

    applied_on: date
    effective_from: date
    policy: TierPolicy


@dataclass(frozen=True)
class PlayedProgram:
    """A program with all its revisions, the first in force since ever."""

    program: Program
    revisions: tuple[Revision, ...]


def _read(name: str) -> tuple[Program, TierPolicy]:
    parsed = read_program(_FILES / name)
    assert parsed.mistakes == []
    return program_from_proto(parsed.message.program), policy_from_proto(parsed.message.tier)


def _played(name: str, *later: tuple[date, TierPolicy]) -> PlayedProgram:
    program, policy = _read(name)
    first = Revision(date(2020, 1, 1), date(2020, 1, 1), policy)
    return PlayedProgram(program, (first, *(Revision(since, since, edited) for since, edited in later)))


def _inactive(name: str) -> TierPolicy:
    _, policy = _read(name)
    return replace(policy, systems=tuple(replace(system, active=False) for system in policy.systems))


def _with_level(policy: TierPolicy, code: str, multiplier_bp: int) -> TierPolicy:
    def edited(level: Level) -> Level:
        return replace(level, multiplier_bp=multiplier_bp) if level.code == code else level

    [system] = policy.systems
    return replace(policy, systems=(replace(system, levels=tuple(map(edited, system.levels))),))


def _yearly(anchor: date) -> PlayedProgram:
    def yearly(policy: TierPolicy) -> TierPolicy:
        [system] = policy.systems
        return replace(policy, systems=(replace(system, reset=Reset(anchor, Repeats.YEARLY)),))

    return _edited("engage.yaml", yearly)


def _edited(name: str, edit: Callable[[TierPolicy], TierPolicy]) -> PlayedProgram:
    program, policy = _read(name)
    revision = Revision(date(2020, 1, 1), date(2020, 1, 1), edit(policy))
    return PlayedProgram(program, (revision,))


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
    "luxespa": _played("luxespa.yaml"),
    "luxespa, switched off": _played(
        "luxespa.yaml", (SWITCHED_OFF, _inactive("luxespa.yaml")), (SWITCHED_ON, _read("luxespa.yaml")[1])
    ),
    "luxespa, promotions kept": _edited("luxespa.yaml", lambda policy: replace(policy, undoing=Undoing.KEEP)),
    "luxespa, continuous": _edited("luxespa.yaml", _continuous),
    "engage": _played("engage.yaml"),
    "engage, two systems": _edited("engage.yaml", _with_beta),
    "engage, yearly from 29 February": _yearly(date(2024, 2, 29)),
    "engage, switched off": _played("engage.yaml", (SWITCHED_OFF, _inactive("engage.yaml"))),
    "engage, bronze raised to 2": _played(
        "engage.yaml", (RAISED, _with_level(_read("engage.yaml")[1], "bronze", 20_000))
    ),
}
