"""`carat run` and `carat runs`: bulk jobs started, watched, stopped and taken up again."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from carat.operations.v1.operations_service_pb2 import (
    CancelRunRequest,
    GetRunRequest,
    ListRunsRequest,
    ResumeRunRequest,
    StartRunRequest,
)
from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceStub
from carat.operations.v1.run_pb2 import RUN_STATE_CANCELLED, RUN_STATE_FAILED, Run
from services.cli.changes_file import write_changes
from services.cli.connections import connect
from services.cli.days import parsed_day
from services.cli.documents import document, show_json
from services.cli.failures import CommandFailed, ExitCode
from services.cli.run_view import show_run, show_runs, watched
from services.runtime.program_messages import day_to_proto
from services.runtime.settings import load_settings

app: Final = typer.Typer(help="Runs of bulk jobs: all of them, or one to watch, cancel or resume.")

RunId = Annotated[str, typer.Argument(help="The run.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


def run_job(
    job: Annotated[
        str, typer.Argument(help="Such as tier-review; an unknown one is answered with all there are.")
    ],
    as_of: Annotated[
        date,
        typer.Option(
            parser=parsed_day, metavar="DATE", help="Day as of which it decides; not in the future."
        ),
    ],
    preview: Annotated[bool, typer.Option("--preview", help="Decide and count, but record nothing.")] = False,
    expect_plan: Annotated[
        str, typer.Option(help="Plan hash of a preview; refused unless a preview made now has the same.")
    ] = "",
    changes: Annotated[
        Path | None, typer.Option(help="CSV file for every member's change; replaced if it exists.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a job over the whole membership. Ctrl-C leaves it running and says how to watch or cancel it."""
    request = StartRunRequest(
        job=job,
        as_of=day_to_proto(as_of),
        validate_only=preview,
        expected_plan_hash=expect_plan,
    )
    with connect(load_settings()) as connections:
        run = connections.operations.StartRun(request).run
        follow(connections.operations, run, changes, as_json)


@app.callback(invoke_without_command=True)
def list_runs(
    context: typer.Context,
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the latest runs, newest first."""
    if context.invoked_subcommand is not None:
        return
    with connect(load_settings()) as connections:
        runs = connections.operations.ListRuns(ListRunsRequest(page_size=last)).runs
    if as_json:
        show_json([document(run) for run in runs])
    else:
        show_runs(runs, Console())


@app.command("watch")
def watch(
    run_id: RunId,
    changes: Annotated[Path | None, typer.Option(help="CSV file for every member's change.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a run until it stops, then what it did."""
    with connect(load_settings()) as connections:
        run = connections.operations.GetRun(GetRunRequest(run_id=run_id)).run
        follow(connections.operations, run, changes, as_json)


@app.command("cancel")
def cancel(run_id: RunId) -> None:
    """Stop a run after the chunks under way. What is done stays done; `carat runs resume` goes on."""
    with connect(load_settings()) as connections:
        run = connections.operations.CancelRun(CancelRunRequest(run_id=run_id)).run
    show_run(run, Console())


@app.command("resume")
def resume(run_id: RunId) -> None:
    """Go on with a cancelled or failed run, and show it until it stops."""
    with connect(load_settings()) as connections:
        run = connections.operations.ResumeRun(ResumeRunRequest(run_id=run_id)).run
        follow(connections.operations, run, None, as_json=False)


def follow(
    operations: OperationsServiceStub,
    run: Run,
    changes: Path | None,
    as_json: bool,
    *,
    show: Callable[[Run, Console], None] = show_run,
    with_points: bool = False,
) -> None:
    """Watches a run to its end and tells of it; raises CommandFailed unless it finished."""
    try:
        run = watched(operations, run, Console(stderr=True))
    except KeyboardInterrupt as interrupted:
        text = (
            f"{run.run_id} goes on without you: watch it by `carat runs watch {run.run_id}`, "
            f"stop it by `carat runs cancel {run.run_id}`, go on later by `carat runs resume {run.run_id}`"
        )
        raise CommandFailed(text, ExitCode.INTERRUPTED) from interrupted
    if as_json:
        show_json(document(run))
    else:
        show(run, Console())
    if run.state in (RUN_STATE_CANCELLED, RUN_STATE_FAILED):
        failed = run.state == RUN_STATE_FAILED
        text = f"the run {'failed' if failed else 'was cancelled'}: go on by `carat runs resume {run.run_id}`"
        raise CommandFailed(text, ExitCode.FAULTY if failed else ExitCode.REFUSED)
    if changes is not None:
        rows = write_changes(operations, run, changes, with_points=with_points)
        Console(stderr=True).print(f"{rows:,} changes written to {changes}", soft_wrap=True)
