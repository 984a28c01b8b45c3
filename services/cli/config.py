"""`carat config`: every setting, its value, where the value comes from and what it means."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.cli.listings import show_listing
from services.runtime.settings import SettingRow, load_settings


def config() -> None:
    """Show every setting: its value, where that comes from, what it means. No password is shown."""
    show_settings(load_settings().describe(), Console())


def show_settings(rows: Iterable[SettingRow], console: Console) -> None:
    """Shows settings, those that were given in bold; their names are never broken, so that they can be copied."""
    table = Table(box=None, pad_edge=False)
    for column in ("setting", "value", "from", "meaning"):
        table.add_column(column, overflow="fold", no_wrap=column in ("setting", "from"))
    for row in rows:
        style = "" if row.source == "default" else "bold"
        table.add_row(row.name, escape(row.value), row.source, escape(row.meaning), style=style)
    show_listing(table, console)
