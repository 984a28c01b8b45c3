"""`carat apply FILE`: a program file to the three services, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Protocol

import grpc
import typer
from rich.console import Console

from carat.benefits.v1 import benefits_service_pb2
from carat.operations.v1.program_pb2 import ProgramFile
from carat.points.v1 import points_service_pb2
from carat.tier.v1 import tier_service_pb2
from carat.tier.v1.program_pb2 import Revision
from services.cli.connections import Connections, connect
from services.cli.days import parsed_day
from services.cli.failures import CommandFailed, violations_of
from services.cli.mistakes import render
from services.cli.program_file import ParsedProgram, merge_violations, read_program
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.runtime.settings import load_settings

SECTIONS: Final = ("tier", "points", "benefits")
"""The services that a program file is for, in the order in which it is applied."""


class Answer(Protocol):
    """What every service answers to a policy."""

    @property
    def revision(self) -> Revision:
        """The revision in force, or that would be."""

    @property
    def changed(self) -> bool:
        """False when the policy was in force already."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What applying a program came to: the answer of each service, in the order of SECTIONS."""

    answers: dict[str, Answer]

    @property
    def changed(self) -> bool:
        """Whether any service has (or would have) a new revision."""
        return any(answer.changed for answer in self.answers.values())


def apply(
    file: Annotated[Path, typer.Argument(help="The program file, YAML.")],
    effective_from: Annotated[
        date | None,
        typer.Option(
            "--from",
            "--effective-from",
            parser=parsed_day,
            metavar="DATE",
            help="First day of what changes; default: today.",
        ),
    ] = None,
    effective_until: Annotated[
        date | None,
        typer.Option(
            "--until",
            parser=parsed_day,
            metavar="DATE",
            help="First day on which the former levels hold again; only `tier` may differ then.",
        ),
    ] = None,
    validate_only: Annotated[
        bool, typer.Option("--validate-only", help="Only tell what is wrong or would change.")
    ] = False,
) -> None:
    """Apply a program file. Every mistake is told at once and then nothing is written."""
    console = Console(highlight=False, soft_wrap=True)
    with connect(load_settings()) as connections:
        outcome = applied(connections, file, effective_from, effective_until, validate_only=validate_only)
    if not outcome.changed:
        console.print(f"nothing changed: {file} was applied already")
    for section, answer in outcome.answers.items():
        console.print(f"{section:<9} {_told(answer, validate_only)}")
    tier = outcome.answers["tier"]
    if validate_only and tier.changed and tier.revision.number > 1:
        console.print(f"who would move, were it in force today: carat simulate {file}")


def applied(
    connections: Connections,
    file: Path,
    effective_from: date | None = None,
    effective_until: date | None = None,
    *,
    validate_only: bool = False,
) -> Outcome:
    """Applies a program file; CommandFailed with a line for each mistake when it has any.

    With an end it changes the levels alone: earning and benefits have no former values that could hold again.
    All services check it before the first one is given it to keep. Repeating it does nothing, so that an
    apply that was interrupted between two services is finished by another one.
    """
    parsed = read_program(file)
    proposal = _Proposal(connections, parsed.message, effective_from, effective_until)
    outcome, parsed = _checked(proposal, parsed)
    if parsed.mistakes:
        raise CommandFailed("\n".join(["nothing was applied:", *render(parsed.mistakes, file)]))
    if effective_until is not None:
        _refuse_lasting_changes(outcome)
    if validate_only or not outcome.changed:
        return outcome
    return Outcome({section: proposal.send(section, validate_only=False) for section in SECTIONS})


@dataclass(frozen=True, slots=True)
class _Proposal:
    connections: Connections
    program: ProgramFile
    effective_from: date | None
    effective_until: date | None

    def send(self, section: str, *, validate_only: bool) -> Answer:
        """Hands the service its part of the program."""
        day = None if self.effective_from is None else day_to_proto(self.effective_from)
        end = None if self.effective_until is None else day_to_proto(self.effective_until)
        whole, to = self.program, self.connections
        calls: dict[str, Callable[[], Answer]] = {
            "tier": lambda: to.tier.ApplyPolicy(
                tier_service_pb2.ApplyPolicyRequest(
                    program=whole.program,
                    policy=whole.tier,
                    effective_from=day,
                    effective_until=end,
                    validate_only=validate_only,
                )
            ),
            "points": lambda: to.points.ApplyPolicy(
                points_service_pb2.ApplyPolicyRequest(
                    program=whole.program,
                    policy=whole.points,
                    effective_from=day,
                    validate_only=validate_only,
                )
            ),
            "benefits": lambda: to.benefits.ApplyPolicy(
                benefits_service_pb2.ApplyPolicyRequest(
                    program=whole.program,
                    policy=whole.benefits,
                    effective_from=day,
                    validate_only=validate_only,
                )
            ),
        }
        return calls[section]()


def _checked(proposal: _Proposal, parsed: ParsedProgram) -> tuple[Outcome, ParsedProgram]:
    """What every service would do, and the file's mistakes with what they find wrong."""
    answers: dict[str, Answer] = {}
    if "" in parsed.doubtful:
        return Outcome(answers), parsed  # not even the shape of a program: there is nothing to ask
    for section in SECTIONS:
        try:
            answers[section] = proposal.send(section, validate_only=True)
        except grpc.RpcError as refused:
            violations = violations_of(refused)
            if not violations:
                raise
            parsed = merge_violations(parsed, section, violations)
    return Outcome(answers), parsed


def _refuse_lasting_changes(outcome: Outcome) -> None:
    lasting = [section for section in SECTIONS[1:] if outcome.answers[section].changed]
    if lasting:
        text = (
            "nothing was applied: with --until only the levels may differ from what is in force, but so does"
        )
        raise CommandFailed(f"{text} {' and '.join(lasting)}; apply that without --until first")


def _told(answer: Answer, validate_only: bool) -> str:
    number = answer.revision.number
    since = day_from_proto(answer.revision.effective_from)
    term = f", in force from {since}" if since and number > 1 else ""
    end = day_from_proto(answer.revision.effective_until)
    term += f" until {end}" if end else ""
    if not answer.changed:
        return f"unchanged, revision {number}{term}"
    return f"{'would become' if validate_only else 'is now'} revision {number}{term}"
