"""What the demo found out, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from carat.operations.v1.run_pb2 import Run
from carat.points.v1.report_pb2 import GetLiabilityResponse
from carat.tier.v1.program_pb2 import Program
from services.cli.demo.jobs import JOBS, Counts, PlannedJob, seconds_of
from services.cli.demo.sending import PENDING, Sent
from services.cli.reports.owing import show_liability
from services.cli.verification import Verification
from services.cli.verify import show_verification


@dataclass(frozen=True, slots=True)
class Performed:
    """A job that was run, with the members per level after it."""

    job: PlannedJob
    run: Run
    after: Counts


@dataclass(frozen=True, slots=True)
class Owed:
    """What the program owes its members in the end."""

    liability: GetLiabilityResponse
    program: Program


@dataclass(frozen=True, slots=True)
class Story:
    """All that the report tells; `sent` by what it came to."""

    sent: Mapping[str, Sent]
    before: Counts
    performed: Sequence[Performed]
    owed: Owed
    verification: Verification
    busiest_member: str


def show_changes(run: Run, console: Console) -> None:
    """What a run changed, by kind."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(min_width=24)
    table.add_column(min_width=30)
    table.add_column(justify="right")
    for change in run.changes:
        before_after = " → ".join(
            dict.fromkeys(place for place in (getattr(change, "from"), change.to) if place)
        )
        table.add_row(f"    {change.reason}", before_after, f"{change.members:,}")
    console.print(table)


def show_report(story: Story, console: Console) -> None:
    """The closing report."""
    console.print()
    console.print(_levels(story))
    console.print(_rates(story))
    console.print(Text("What the program owes its members\n", style="italic"))
    show_liability(story.owed.liability, None, story.owed.program, console)
    for name, sent in story.sent.items():
        for reason, count in sent.refused.most_common():
            console.print(f"[red]{name}: {count:,} were refused: {reason}[/]")
    show_verification(story.verification, console)


def show_where_to_look(story: Story, folder: Path, console: Console) -> None:
    """Commands that go on from here."""
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    rows = [
        (f"carat up --data-dir {shown}", "start this membership again; then, in another terminal:"),
        (f"carat member show {story.busiest_member}", "one member: standing, window, next review, balance"),
        ("carat runs", "every run of a job, with what it changed"),
        (
            f"carat run tier-review --as-of {max(job.as_of for job in JOBS)} --preview",
            "what the next review would do",
        ),
        ("carat report liability --as-of 2025-12-31", "what the members were owed on any day"),
        ("carat verify", "check the promises again"),
    ]
    console.print("\n[bold]Where to look next[/]")
    for command, meaning in rows:
        console.print(f"  [cyan]{command:<51}[/] {meaning}", soft_wrap=True)
    console.print(f"  {f'{shown}/logs':<51} what each process wrote", soft_wrap=True)


def _levels(story: Story) -> Table:
    table = Table(title="Members per level", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("")
    table.add_column("before", justify="right")
    for performed in story.performed:
        table.add_column(f"after\n{performed.job.name}\n{performed.job.as_of}", justify="right", no_wrap=True)
    columns = [story.before, *(performed.after for performed in story.performed)]
    for number in reversed(range(len(story.before))):
        table.add_row(story.before[number].level, *(f"{column[number].members:,}" for column in columns))
        if any(column[number].in_grace for column in columns):
            table.add_row("  in grace", *(f"{column[number].in_grace:,}" for column in columns), style="dim")
    table.add_section()
    table.add_row("all", *(f"{sum(count.members for count in column):,}" for column in columns))
    return table


def _rates(story: Story) -> Table:
    table = Table(title="How fast", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("")
    for title in ("count", "seconds", "a second"):
        table.add_column(title, justify="right")
    rows = [
        *((what, sent.count, sent.seconds) for what, sent in story.sent.items()),
        *(
            (f"members read by {each.job.name}", each.run.members_read, seconds_of(each.run))
            for each in story.performed
        ),
    ]
    for what, count, seconds in rows:
        table.add_row(what, f"{count:,}", f"{seconds:.1f}", f"{count / max(seconds, 1e-9):,.0f}")
    pending = sum(sent.outcomes[PENDING] for sent in story.sent.values())
    if pending:
        table.caption = f"{pending:,} of them were answered as pending and posted afterwards"
    return table
