"""`carat config`: every setting, its value, where the value comes from and what it means."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.runtime.settings import load_settings


def config() -> None:
    """Show every setting: its value, where that comes from, what it means. No password is shown."""
    table = Table("setting", "value", "from", "meaning", box=None, pad_edge=False)
    for row in load_settings().describe():
        style = "" if row.source == "default" else "bold"
        table.add_row(row.name, escape(row.value), row.source, escape(row.meaning), style=style)
    Console().print(table)
