"""How every listing of the command looks: light lines, numbers to the right, nothing cut off."""

from collections.abc import Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

_ANY_WIDTH: Final = 10_000


def listing(title: str, columns: Sequence[str], numbers: Sequence[str] = (), *, folds: bool = True) -> Table:
    """An empty table; `numbers` are the columns that hold some.

    What is too long goes on in the next line of its column, unless the table shall not fold.
    """
    table = Table(title=escape(title), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        justify: JustifyMethod = "right" if column in numbers else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=not folds)
    return table


def show_listing(table: Table, console: Console) -> None:
    """Shows a table whose rows fold at the width of a terminal; piped, or where no column folds, they do not.

    Its title never folds: an id in it can be copied.
    """
    if table.title:
        console.print(table.title, style="italic", soft_wrap=True)
        table.title = None
    folds = console.is_terminal and not all(column.no_wrap for column in table.columns)
    if not folds:
        at_any_width = console.options.update(width=_ANY_WIDTH)
        table.width = console.measure(table, options=at_any_width).maximum
    console.print(table, crop=False)
