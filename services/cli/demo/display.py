"""How the demo shows what it is doing: a moving bar for each step, and a line when the step is done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

WIDTH_OF_A_STEP = 52


class _Rate(ProgressColumn):
    """How many a second, so far."""

    def render(self, task: Task) -> Text:
        """The rate of a task."""
        rate = task.finished_speed or task.speed
        return Text(f"{rate:,.0f}/s" if rate else "", style="cyan")


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of one step; may be told from any thread."""

    progress: Progress
    task: TaskID

    def advance(self, count: int) -> None:
        """So many more are done."""
        self.progress.advance(self.task, count)

    def reach(self, done: int, total: int) -> None:
        """So many are done, of so many."""
        self.progress.update(self.task, completed=done, total=total)


@contextmanager
def moving_bar(console: Console, step: str, total: int, unit: str) -> Iterator[Bar]:
    """Shows how far a step has come while the context lasts."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    with Progress(
        *columns,
        _Rate(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(step, total=total)
        yield Bar(progress, task)


@contextmanager
def waiting_for(console: Console, step: str) -> Iterator[None]:
    """Shows that a step of unknown length goes on, and says when it is done."""
    started = time.perf_counter()
    with console.status(step):
        yield
    say_done(console, step, time.perf_counter() - started)


def say_done(console: Console, step: str, seconds: float, count: int | None = None) -> None:
    """The line of a finished step, with its rate where things were counted."""
    rate = "" if count is None else f"{count / max(seconds, 1e-9):>12,.0f}/s"
    console.print(f"[green]✓[/] {step:<{WIDTH_OF_A_STEP}}{seconds:>8.1f} s{rate}")
