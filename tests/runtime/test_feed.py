"""A feed loses nothing to transactions that commit out of order, and its effects happen once."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
import sqlalchemy as sa

from services.runtime.database import Database
from services.runtime.feed import (
    CursorInvalid,
    after_cursor,
    cursor_of,
    cursor_table,
    feed_columns,
    is_reached,
    read_cursor,
)
from services.runtime.follower import Follower

METADATA = sa.MetaData()
NEWS = sa.Table("news", METADATA, *feed_columns(), sa.Column("text", sa.Text))
CURSORS = cursor_table(METADATA)
HEARD = sa.Table("heard", METADATA, sa.Column("text", sa.Text))


@pytest.fixture
def database(new_url: Callable[[str], str]) -> Iterator[Database]:
    opened = Database(new_url("feed"))
    opened.transact(METADATA.create_all)
    yield opened
    opened.close()


async def all_told(database: Database, count: int) -> None:
    """Waits until no transaction of the server's own housekeeping holds the feed back."""
    while len(page(database, "")[0]) < count:  # noqa: ASYNC110 - the database has no event to wait for
        await asyncio.sleep(0.01)


def tell(connection: sa.Connection, text: str) -> None:
    connection.execute(sa.insert(NEWS).values(text=text))


def page(database: Database, cursor: str, limit: int = 100) -> tuple[list[str], str]:
    statement = after_cursor(sa.select(NEWS.c.text, cursor_of(NEWS)), NEWS, cursor, limit)
    rows = database.transact(lambda connection: connection.execute(statement).all())
    return [row.text for row in rows], rows[-1].cursor if rows else cursor


async def test_news_of_a_transaction_that_commits_late_is_not_passed_over(database: Database) -> None:
    with database.engine.connect() as slow:
        tell(slow, "began first, commits last")
        database.transact(lambda connection: tell(connection, "quick"))
        seen, cursor = page(database, "")
        assert seen == [], "what came after a transaction still under way must wait for it"
        slow.commit()
    await all_told(database, 2)
    assert page(database, cursor)[0] == ["began first, commits last", "quick"]


async def test_pages_follow_one_another_without_gap_or_repeat(database: Database) -> None:
    for number in range(7):
        database.transact(partial(tell, text=str(number)))
    await all_told(database, 7)
    told: list[str] = []
    cursor = ""
    while True:
        seen, cursor = page(database, cursor, limit=3)
        if not seen:
            break
        told += seen
    assert told == [str(number) for number in range(7)]


@pytest.mark.parametrize(
    "cursor", ["x", "1", "1.", "1.x", "-1.2", "1.2.3", "9" * 50 + ".1", f"{2**64}.1", f"1.{2**63}", "1.٣"]
)
def test_a_cursor_that_was_never_given_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        after_cursor(sa.select(NEWS.c.text), NEWS, cursor, 10)


def follower(database: Database) -> Follower[str]:
    async def read_page(cursor: str) -> tuple[list[str], str]:
        return await asyncio.to_thread(page, database, cursor, 2)

    def apply(connection: sa.Connection, items: Sequence[str]) -> None:
        connection.execute(sa.insert(HEARD), [{"text": item} for item in items])

    return Follower("news", database, CURSORS, read_page, apply, poll_seconds=0.01)


async def test_several_followers_of_one_feed_have_each_effect_once(database: Database) -> None:
    for number in range(9):
        database.transact(partial(tell, text=str(number)))
    await all_told(database, 9)
    followers = [follower(database) for _ in range(3)]
    while page(database, database.transact(lambda connection: read_cursor(connection, CURSORS, "news")))[0]:
        await asyncio.gather(*(one.step() for one in followers))
    heard = database.transact(lambda connection: connection.execute(sa.select(HEARD.c.text)).scalars().all())
    assert sorted(heard) == [str(number) for number in range(9)]


async def test_effects_and_cursor_are_committed_together(database: Database) -> None:
    database.transact(lambda connection: tell(connection, "only"))
    broken = follower(database)

    def fail(connection: sa.Connection, items: Sequence[str]) -> None:
        broken.apply(connection, items)
        raise RuntimeError("killed here")

    await all_told(database, 1)
    with pytest.raises(RuntimeError):
        await Follower("news", database, CURSORS, broken.read_page, fail, 0.01).step()
    assert database.transact(lambda connection: read_cursor(connection, CURSORS, "news")) == ""
    assert await broken.step()
    heard = database.transact(lambda connection: connection.execute(sa.select(HEARD.c.text)).scalars().all())
    assert heard == ["only"]


@pytest.mark.parametrize(
    ("cursor", "stands_at", "reached"),
    [
        ("", "", True),
        ("9.1", "", False),
        ("9.1", "9.1", True),
        ("9.2", "9.1", False),
        ("9.7", "10.1", True),
        ("10.1", "9.7", False),
        ("9.10", "9.9", False),
    ],
)
def test_a_follower_has_come_as_far_as_a_cursor_by_number_and_not_by_text(
    cursor: str, stands_at: str, reached: bool
) -> None:
    assert is_reached(cursor, stands_at) is reached
