"""`carat up`: PostgreSQL, the three services and the bulk engine, until Ctrl-C."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from services.cli.launcher.data_dir import data_dir_of_ones_own
from services.cli.launcher.deployment import Deployment, launched
from services.cli.launcher.interruption import interruptible
from services.runtime.logs import configure_logs
from services.runtime.settings import SERVICES, Settings, load_settings

_LOOK_SECONDS: Final = 1.0

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder to keep everything in, instead of CARAT_DATA_DIR.")
]


def up(data_dir: DataDir = None) -> None:
    """Start everything and keep it running until Ctrl-C. A second Ctrl-C waits for no call under way."""
    settings = load_settings() if data_dir is None else load_settings(data_dir=data_dir)
    configure_logs("WARNING", settings.log_format)
    console = Console(highlight=False)
    with (
        interruptible() as interruption,
        data_dir_of_ones_own(settings.data_dir),
        launched(settings, interruption, lambda news: console.print(news, style="dim")) as deployment,
    ):
        _show(deployment, console)
        _stay(deployment)
    console.print("stopped")


def _stay(deployment: Deployment) -> None:
    pause = threading.Event()
    try:
        while not pause.wait(_LOOK_SECONDS):
            deployment.check()
    except KeyboardInterrupt:
        return


def _show(deployment: Deployment, console: Console) -> None:
    settings = deployment.settings
    table = Table("service", "address", "processes", box=None, pad_edge=False)
    running = deployment.supervisor.pids()
    for service in SERVICES:
        pids = [str(pid) for name, pid in running.items() if name.startswith(f"{service}-")]
        table.add_row(service, settings.address(service), ", ".join(pids))
    console.print(table)
    console.print(f"databases  {_databases(settings, embedded=deployment.watch is not None)}")
    console.print(f"logs       {deployment.logs}")
    console.print("\n[bold]Carat is up[/]; Ctrl-C stops it.")
    console.print("A program is applied in another terminal: carat apply FILE", soft_wrap=True)


def _databases(settings: Settings, *, embedded: bool) -> str:
    return f"embedded PostgreSQL in {settings.data_dir}" if embedded else "those of CARAT_*_DATABASE_URL"
