"""Columns arrive in PostgreSQL as they left, and come back the same by either way of reading."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.calendar import NEVER, day_number
from services.runtime.arrays import insert_rows, unnested
from services.runtime.database import Database, fetching

TABLE = sa.Table(
    "parcel",
    sa.MetaData(),
    sa.Column("position", sa.BigInteger),
    sa.Column("small", sa.SmallInteger),
    sa.Column("whole", sa.Integer),
    sa.Column("text", sa.Text),
    sa.Column("day", sa.Date),
    sa.Column("flag", sa.Boolean),
)
FIRST, LAST = day_number(date(1, 1, 1)), day_number(date(9999, 12, 31))
ROW = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**15), 2**15 - 1),
    st.integers(-(2**31), 2**31 - 1),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    st.one_of(st.just(NEVER), st.integers(FIRST, LAST)),
    st.booleans(),
)
"""One row: numbers to their limits, any text, days from year 1 to 9999 or none, a flag."""


@pytest.fixture(scope="module")
def database(new_url: Callable[[str], str]) -> Database:
    opened = Database(new_url("arrays"))
    opened.transact(lambda connection: TABLE.create(connection))
    return opened


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(ROW, max_size=30))
def test_every_column_survives_the_round_trip(database: Database, rows: list[tuple]) -> None:
    numbers, smalls, wholes, texts, days, flags = zip(*rows, strict=True) if rows else ((),) * 6
    sent: dict[str, np.ndarray] = {
        "position": np.array(numbers, dtype=np.int64),
        "small": np.array(smalls, dtype=np.int16),
        "whole": np.array(wholes, dtype=np.int32),
        "text": np.array(texts, dtype=object),
        "day": np.array(days, dtype=np.int32),
        "flag": np.array(flags, dtype=np.bool_),
    }

    def rewrite(connection: sa.Connection) -> dict[str, np.ndarray]:
        connection.execute(sa.delete(TABLE))
        connection.execute(insert_rows(TABLE, sent))
        return dict(fetching(connection)(sa.select(TABLE)))

    by_rows = database.transact(rewrite)
    by_arrow = database.fetch_arrow(sa.select(TABLE))
    for name, column in sent.items():
        assert sorted(by_rows[name].tolist()) == sorted(column.tolist())
        if rows:
            assert by_arrow[name].dtype == by_rows[name].dtype
        assert sorted(by_arrow[name].tolist()) == sorted(column.tolist())


def test_rows_keep_their_order_and_belong_together(database: Database) -> None:
    given = unnested(
        {
            "position": (np.arange(5_000, dtype=np.int64), sa.BigInteger()),
            "text": ([f"member {number}" for number in range(5_000)], sa.Text()),
        }
    )
    found = database.transact(lambda connection: connection.execute(sa.select(given)).all())
    assert [tuple(row) for row in found] == [(number, f"member {number}") for number in range(5_000)]
