"""`carat demo`: everything up, a simulated membership through it, a report, everything down."""

from __future__ import annotations

import threading
import time
from typing import Annotated, Final

import typer
from rich.console import Console

from services.cli.demo.display import say_done
from services.cli.demo.folder import empty_folder
from services.cli.demo.jobs import AFTER_ALL_JOBS
from services.cli.demo.judgement import judge
from services.cli.demo.report import show_report, show_where_to_look
from services.cli.demo.samples import sample_program
from services.cli.demo.story import tell_story
from services.cli.launcher.data_dir import data_dir_of_ones_own
from services.cli.launcher.deployment import launched
from services.cli.launcher.interruption import interruptible
from services.cli.launcher.ports import with_free_ports
from services.runtime.logs import configure_logs
from services.runtime.settings import SERVICES, Settings, load_settings

PROGRAM: Final = "luxespa.yaml"


def demo(
    members: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="How many members to simulate.")
    ] = 100_000,
    seed: Annotated[int, typer.Option(help="Another seed is another membership.")] = 1,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep it running after the report, until Ctrl-C.")
    ] = False,
) -> None:
    """Show all of it: members, purchases, points, reviews, grace, allowances, and a report that is checked.

    Works in the folder `demo` of the data directory, which it empties first; nothing else is touched.
    """
    settings = settings_of_the_demo()
    configure_logs("WARNING", settings.log_format)
    console = Console(highlight=False)
    started = time.perf_counter()
    with interruptible() as interruption, data_dir_of_ones_own(settings.data_dir):
        words = f"{members:,} simulated members in {settings.data_dir}, which is emptied first"
        console.print(f"[bold]Carat demo[/]: {words}", soft_wrap=True)
        empty_folder(settings.data_dir)
        with launched(
            settings, interruption, lambda news: console.print(f"  {news}", style="dim")
        ) as deployment:
            say_done(console, "PostgreSQL, three services and the engine up", time.perf_counter() - started)
            story = tell_story(deployment.settings, sample_program(PROGRAM), members, seed, console)
            show_report(story, console)
            if keep:
                _wait_for_ctrl_c(console, deployment.settings)
    say_done(console, "everything stopped; the demo took", time.perf_counter() - started)
    show_where_to_look(story, settings.data_dir, console)
    judge(story.sent, story.verification)


def settings_of_the_demo() -> Settings:
    """The given settings, but with databases, ports and a clock that are the demo's own."""
    given = load_settings()
    own = {f"{service}_database_url": None for service in ("tier", "points", "benefits")}
    place_and_time = {"data_dir": given.data_dir / "demo", "fixed_now": AFTER_ALL_JOBS}
    return with_free_ports(given.model_copy(update=own | place_and_time))


def _wait_for_ctrl_c(console: Console, settings: Settings) -> None:
    console.print("[bold]Everything is kept running until Ctrl-C.[/] In another terminal, first:")
    for service in SERVICES:
        console.print(f"  export CARAT_{service.upper()}_ADDRESS={settings.address(service)}")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return
