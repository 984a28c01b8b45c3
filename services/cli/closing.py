"""`carat close-day`: all jobs of a day, run after run, and first those of the days missed before."""

from datetime import date
from typing import Annotated, Final

import grpc
import typer
from rich.console import Console
from rich.markup import escape

from carat.operations.v1.operations_service_pb2 import CloseDayRequest
from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceStub
from carat.operations.v1.run_pb2 import RUN_STATE_FAILED, RUN_STATE_FINISHED, Run
from services.cli.connections import connect
from services.cli.days import parsed_day
from services.cli.failures import CommandFailed, ExitCode
from services.cli.patience import Absence, Patience
from services.cli.run_view import did_text, state_text, watched
from services.cli.wording import day_text, number_of
from services.runtime.program_messages import day_to_proto
from services.runtime.settings import load_settings

_PATIENCE_SECONDS: Final = 120.0


def close_day(
    as_of: Annotated[
        date,
        typer.Option(
            parser=parsed_day, metavar="DATE", help="The day to close: usually yesterday, never to come."
        ),
    ],
) -> None:
    """Run all jobs of a day in order, and first those of days missed before.

    What is done is not done again: after Ctrl-C or a failure, run the same command again and it goes on.
    """
    console = Console(highlight=False, soft_wrap=True)
    with connect(load_settings()) as connections:
        try:
            runs = _closed(connections.operations, as_of, console)
        except KeyboardInterrupt as interrupted:
            text = f"stopped after the run under way: go on by `carat close-day --as-of {as_of}`"
            raise CommandFailed(text, ExitCode.INTERRUPTED) from interrupted
    console.print(f"{as_of} is closed by {number_of(runs, 'run')}" if runs else f"{as_of} was closed already")


def _closed(operations: OperationsServiceStub, as_of: date, console: Console) -> int:
    """Closes days until none is left; how many runs that took. An engine that restarts is called again."""
    absence, shown, runs = Absence(Patience(_PATIENCE_SECONDS)), "", 0
    while True:
        try:
            for response in operations.CloseDay(CloseDayRequest(as_of=day_to_proto(as_of))):
                absence.end()
                # Told when it starts and when it has stopped; in between it is watched.
                if response.run.run_id != shown:
                    shown, runs = response.run.run_id, runs + 1
                    _tell(watched(operations, response.run, Console(stderr=True)), as_of, console)
            return runs
        except grpc.RpcError as error:
            absence.bear(error)


def _tell(run: Run, as_of: date, console: Console) -> None:
    """One line of what a run did; CommandFailed unless it finished."""
    line = f"{day_text(run.as_of)}  {run.job:<21}  {did_text(run)}"
    console.print(escape(line if run.state == RUN_STATE_FINISHED else f"{line}  {state_text(run)}"))
    if run.state != RUN_STATE_FINISHED:
        failed = run.state == RUN_STATE_FAILED
        why = f"failed: {run.failure}" if failed else "was cancelled"
        text = f"{run.run_id} {why}; go on by `carat close-day --as-of {as_of}`"
        raise CommandFailed(text, ExitCode.FAULTY if failed else ExitCode.REFUSED)
