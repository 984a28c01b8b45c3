"""`carat simulate PROGRAM.yaml`: what a changed program would do to the members, or would have done."""

from pathlib import Path
from typing import Annotated

import grpc
import typer

from carat.operations.v1.operations_service_pb2 import (
    SIMULATION_MODE_DUE,
    SIMULATION_MODE_EVERYONE,
    StartReplayRequest,
    StartSimulationRequest,
)
from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceStub
from carat.operations.v1.program_pb2 import ProgramFile
from carat.operations.v1.run_pb2 import Run
from services.cli.connections import connect
from services.cli.failures import CommandFailed, violations_of
from services.cli.mistakes import render
from services.cli.movement_view import Show, comparison_of, movements_by
from services.cli.program_file import ParsedProgram, merge_violations, read_program
from services.cli.runs import AsJson, follow
from services.runtime.settings import load_settings

Systems = tuple[str, str]


def simulate(
    file: Annotated[Path, typer.Argument(help="The changed program file, YAML.")],
    everyone: Annotated[
        bool, typer.Option("--everyone", help="As if everybody were reviewed today as well.")
    ] = False,
    replay: Annotated[
        Systems | None,
        typer.Option(
            metavar="SYSTEM SYSTEM",
            help="Replay all recorded purchases through these two tier systems instead.",
        ),
    ] = None,
    changes: Annotated[
        Path | None, typer.Option(help="CSV file for every member's change; replaced if it exists.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell who would move were this program in force from today on; nothing is written.

    What is due anyway is told with it: simulate the program in force to see that alone. Who would change tier
    systems is told by `carat run tier-assignment --preview` once the program is applied.
    """
    if everyone and replay is not None:
        raise typer.BadParameter("a replay reviews nobody today: leave --everyone out")
    program = _readable(file)
    with connect(load_settings()) as connections:
        run = _started(connections.operations, program, everyone, replay, file)
        show = _shown(program.message, replay)
        follow(connections.operations, run, changes, as_json, show=show, with_points=replay is not None)


def _readable(file: Path) -> ParsedProgram:
    parsed = read_program(file)
    if parsed.mistakes:
        raise _mistaken(parsed, file)
    return parsed


def _started(
    operations: OperationsServiceStub,
    parsed: ParsedProgram,
    everyone: bool,
    systems: Systems | None,
    file: Path,
) -> Run:
    program, policy = parsed.message.program, parsed.message.tier
    try:
        if systems is not None:
            asked = StartReplayRequest(
                program=program, policy=policy, system_a=systems[0], system_b=systems[1]
            )
            return operations.StartReplay(asked).run
        mode = SIMULATION_MODE_EVERYONE if everyone else SIMULATION_MODE_DUE
        return operations.StartSimulation(
            StartSimulationRequest(program=program, policy=policy, mode=mode)
        ).run
    except grpc.RpcError as refused:
        violations = violations_of(refused)
        if not violations:
            raise
        raise _mistaken(merge_violations(parsed, "tier", violations), file) from refused


def _mistaken(parsed: ParsedProgram, file: Path) -> CommandFailed:
    return CommandFailed("\n".join(["nothing was simulated:", *render(parsed.mistakes, file)]))


def _shown(program: ProgramFile, systems: Systems | None) -> Show:
    levels = list(dict.fromkeys(level.code for system in program.tier.systems for level in system.levels))
    return movements_by(levels) if systems is None else comparison_of(levels, systems)
