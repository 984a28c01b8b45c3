"""Runs on the screen: one under way, one that has stopped, all of them."""

from collections.abc import Iterable
from typing import Any, Final

import grpc
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from carat.operations.v1.operations_service_pb2 import WatchRunRequest
from carat.operations.v1.operations_service_pb2_grpc import OperationsServiceStub
from carat.operations.v1.run_pb2 import RUN_STATE_RUNNING, Run
from services.cli.documents import choice_name
from services.cli.listings import listing, show_listing
from services.cli.patience import Absence, Patience
from services.cli.wording import REASONS, day_text, number_of

_PATIENCE_SECONDS: Final = 120.0


def watched(operations: OperationsServiceStub, run: Run, console: Console) -> Run:
    """Shows the run until it stops, and returns it as it is then; an engine that restarts is waited for."""
    absence = Absence(Patience(_PATIENCE_SECONDS))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("chunks, {task.fields[members]:,} members"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(run.run_id, total=run.chunks, members=0)
        while run.state == RUN_STATE_RUNNING:
            try:
                for response in operations.WatchRun(WatchRunRequest(run_id=run.run_id)):
                    run = response.run
                    absence.end()
                    progress.update(
                        task, total=run.chunks, completed=run.chunks_done, members=run.members_read
                    )
            except grpc.RpcError as error:
                absence.bear(error)
    return run


def show_run(run: Run, console: Console) -> None:
    """Shows what a run did, or a preview would do."""
    title = f"{'Preview' if run.preview else 'Run'} {run.run_id}: {state_text(run)}"
    table = listing(title, ("Change", "From", "To", "Members"), ("Members",))
    for count in run.changes:
        why = REASONS.get(count.reason, count.reason.replace("_", " ").lower())
        table.add_row(escape(why), escape(getattr(count, "from")), escape(count.to), f"{count.members:,}")
    if run.changes:
        show_listing(table, console)
    else:
        console.print(escape(title), soft_wrap=True)
    console.print(did_text(run))
    if run.plan_hash:
        console.print(f"plan hash {run.plan_hash}", soft_wrap=True)
    show_failure(run, console)


def did_text(run: Run) -> str:
    """What a run did, in one line: 80,000 members read, 4 changes, 8,000 members a second."""
    return f"{number_of(run.members_read, 'member')} read, {number_of(_changed(run), 'change')}{_speed(run)}"


def show_failure(run: Run, console: Console) -> None:
    """Shows why a run failed, if it did."""
    if run.failure:
        console.print(f"[red]{escape(run.failure)}[/]", soft_wrap=True)


def show_runs(runs: Iterable[Run], console: Console) -> None:
    """Shows runs, newest first; their ids are never broken, so that they can be copied."""
    columns = ("Run", "As of", "State", "Chunks", "Members", "Changes", "Seconds")
    table = listing("Runs", columns, numbers=columns[3:], folds=False)
    for run in runs:
        seconds = _seconds(run)
        table.add_row(
            escape(run.run_id),
            day_text(run.as_of),
            state_text(run),
            f"{run.chunks_done}/{run.chunks}",
            f"{run.members_read:,}",
            f"{_changed(run):,}",
            "" if seconds is None else f"{seconds:.1f}",
        )
    show_listing(table, console)


def state_text(run: Run) -> str:
    """How far the run has come, in a word."""
    return choice_name(run.DESCRIPTOR.fields_by_name["state"], run.state).lower()


def _changed(run: Run) -> int:
    return sum(count.members for count in run.changes)


def _speed(run: Run) -> str:
    seconds = _seconds(run)
    if not seconds or not run.members_read:
        return ""
    return f", {run.members_read / seconds:,.0f} members a second"


def _seconds(run: Any) -> float | None:
    if not run.HasField("finished_at"):
        return None
    return float((run.finished_at.ToDatetime() - run.started_at.ToDatetime()).total_seconds())
