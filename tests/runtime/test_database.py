"""A database that is slow or away is a passing failure, whatever it looks like from within."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa

from services.runtime.database import Database, DatabaseUnavailable
from services.runtime.feed import cursor_table
from services.runtime.follower import Follower

CURSORS = cursor_table(sa.MetaData())


def test_a_pool_without_a_free_connection_is_a_database_that_is_not_available(
    new_url: Callable[[str], str],
) -> None:
    database = Database(new_url("busy"), connections=1, patience_seconds=0.01)
    with database.engine.connect(), pytest.raises(DatabaseUnavailable):
        database.transact(lambda connection: connection.scalar(sa.text("SELECT 1")))
    database.close()


@pytest.mark.parametrize("failure", [DatabaseUnavailable("away"), RuntimeError("nobody expected this")])
async def test_a_follower_goes_on_after_a_failure(new_url: Callable[[str], str], failure: Exception) -> None:
    database = Database(new_url("follower"))
    database.transact(CURSORS.metadata.create_all)
    failures = [failure]
    went_on = asyncio.Event()

    async def read_page(cursor: str) -> tuple[Sequence[str], str]:
        if failures:
            raise failures.pop()
        went_on.set()
        return [], cursor

    follower = Follower("news", database, CURSORS, read_page, lambda connection, items: None, 0.01)
    following = asyncio.ensure_future(follower.run())
    await asyncio.wait({following, asyncio.ensure_future(went_on.wait())}, return_when="FIRST_COMPLETED")
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert went_on.is_set()
    database.close()


def test_a_bulk_read_outlives_the_loss_of_the_connection_it_kept_open(new_url: Callable[[str], str]) -> None:
    database = Database(new_url("bulk"))
    one = sa.select(sa.literal(1).label("one"))
    assert database.fetch_arrow(one)["one"].tolist() == [1]
    others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    database.transact(lambda connection: connection.execute(sa.text(others)))
    assert database.fetch_arrow(one)["one"].tolist() == [1]
    database.close()
