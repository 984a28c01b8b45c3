"""Days on the command line: 2026-01-31."""

from __future__ import annotations

from datetime import date

import typer


def parsed_day(text: str) -> date:
    """The day that an option names; a mistake in the arguments otherwise."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write the day as year-month-day: 2026-01-31") from None
