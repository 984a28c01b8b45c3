"""All that a deployment has written, and what of it differs from its undisturbed twin."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from services.benefits.tables import METADATA as BENEFITS
from services.points.tables import METADATA as POINTS
from services.tier.tables import METADATA as TIER
from workers.progress.tables import METADATA as RUNS

TABLES: Final[Mapping[str, list[sa.Table]]] = {
    "tier": [*TIER.sorted_tables, *RUNS.sorted_tables],
    "benefits": [*BENEFITS.sorted_tables, *RUNS.sorted_tables],
    "points": POINTS.sorted_tables,
}
"""Parents first, by database; whom others follow before those who follow, so that these find nothing to follow anew."""

Row = tuple[Any, ...]
Dump = Mapping[str, list[Row]]
"""Rows in the order of their keys, by database and table."""

_BY_CHANCE: Final = frozenset(
    # How often a row was written: purchases that waited are written together with the next.
    # Moves are numbered as they are written, so what follows them is, too.
    ("xid", "seq", "entry_id", "cursor", "version", "sequence", "level_sequence")
)
_RUN_IDS: Final = frozenset(("run_id", "opened_by"))
_END_OF_RUN_ID: Final = "-[0-9a-f]{6}$"
_SHOWN: Final = 5


def dump(databases: Mapping[str, sa.Engine]) -> Dump:
    """Every row of every table, without wall-clock times, order of writing, and the random end of run ids."""
    found: dict[str, list[Row]] = {}
    for database, tables in TABLES.items():
        with databases[database].connect() as connection:
            for table in tables:
                rows = connection.execute(_in_order(table))
                found[f"{database}.{table.name}"] = [tuple(map(_plain, row)) for row in rows]
    return found


def differences(twin: Dump, disturbed: Dump) -> list[str]:
    """What only one of the two has, some rows of each table; nothing when they are equal."""
    return [line for table, rows in twin.items() for line in _of_table(table, rows, disturbed[table])]


def by_member(dumped: Dump) -> dict[str, dict[str, list[Row]]]:
    """The rows of each member, by table."""
    found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for database, tables in TABLES.items():
        for table in tables:
            name = f"{database}.{table.name}"
            columns = [column.name for column in _compared(table)]
            if "member_id" in columns:
                place = columns.index("member_id")
                for row in dumped[name]:
                    found[row[place]][name].append(row)
    return found


def _of_table(table: str, twin: list[Row], disturbed: list[Row]) -> Iterator[str]:
    if twin == disturbed:
        return
    expected, found = Counter(twin), Counter(disturbed)
    for side, rows in (("only undisturbed", expected - found), ("only disturbed", found - expected)):
        yield from (f"{table}: {side}: {row}" for row in list(rows.elements())[:_SHOWN])
    if expected == found:
        yield f"{table}: another order"


def _in_order(table: sa.Table) -> sa.Select[Any]:
    member = [table.c[name] for name in ("shard", "member_id") if name in table.c]
    keys = [_told(column) if column.name in _RUN_IDS else column for column in table.primary_key]
    return sa.select(*map(_told, _compared(table))).order_by(*member, *keys)


def _compared(table: sa.Table) -> list[sa.Column[Any]]:
    return [
        column
        for column in table.c
        if column.name not in _BY_CHANCE and not isinstance(column.type, sa.DateTime)
    ]


def _told(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    if column.name in _RUN_IDS:
        return sa.func.regexp_replace(column, _END_OF_RUN_ID, "").label(column.name)
    return column


def _plain(value: Any) -> Any:
    """Something that can be counted."""
    return repr(value) if isinstance(value, list | dict) else value
