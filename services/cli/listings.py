"""How every listing of the command looks: light lines, numbers to the right, nothing cut off."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table


def listing(title: str, columns: Sequence[str], numbers: Sequence[str] = ()) -> Table:
    """An empty table; `numbers` are the columns that hold some. What is too long goes on in the next line."""
    table = Table(title=escape(title), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table
