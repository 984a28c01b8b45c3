"""A member's statement: entries by the day on which they count, with the balance after each."""

from datetime import date
from typing import Any

import grpc
import pytest
import sqlalchemy as sa

from carat.points.v1 import report_pb2
from services.kernel.shards import shard_of
from services.points.ledger_columns import EntryKind
from services.points.servicer import reports
from services.points.tables import ENTRY
from services.runtime.program_messages import day_to_proto
from tests.points.ledger_entries import TODAY, days_ago, entry, post
from tests.points.world import World, purchase, reason_of

MANY = 100_000


async def statement(
    world: World, first: date | None = None, last: date | None = None, member_id: str = "M1"
) -> list[tuple[str, int, int]]:
    request = report_pb2.StreamStatementRequest(member_id=member_id)
    if first is not None:
        getattr(request, "from").CopyFrom(day_to_proto(first))
    if last is not None:
        request.until.CopyFrom(day_to_proto(last))
    return [
        (line.entry.transaction_id, line.entry.points, line.balance)
        async for line in world.points.StreamStatement(request)
    ]


@pytest.fixture
def history(world: World) -> World:
    """Entries of three days, the oldest posted last but one; and somebody else's."""
    post(
        world.database,
        entry("A", 100, on=days_ago(10)),
        entry("B", -30, on=days_ago(2), kind=EntryKind.REDEMPTION),
        entry("C", 7, on=days_ago(20)),
        entry("D", 5, on=days_ago(2)),
        entry("X", 9, "M2"),
    )
    return world


async def test_entries_come_by_the_day_on_which_they_count_with_the_balance_after_each(
    history: World,
) -> None:
    assert await statement(history) == [("C", 7, 7), ("A", 100, 107), ("B", -30, 77), ("D", 5, 82)]


async def test_a_range_begins_with_the_balance_of_the_days_before_it(history: World) -> None:
    assert await statement(history, first=days_ago(9)) == [("B", -30, 77), ("D", 5, 82)]
    assert await statement(history, first=days_ago(10), last=days_ago(10)) == [("A", 100, 107)]
    assert await statement(history, last=days_ago(3)) == [("C", 7, 7), ("A", 100, 107)]
    assert await statement(history, first=days_ago(9), last=days_ago(3)) == []


async def test_a_line_of_a_purchase_has_its_receipt(world: World) -> None:
    receipt = await world.record_one(purchase())
    request = report_pb2.StreamStatementRequest(member_id="M1")
    [line] = [line async for line in world.points.StreamStatement(request)]
    assert line.entry.receipt == receipt


async def test_who_never_had_points_has_an_empty_statement(world: World) -> None:
    world.tier.enrol("M5")
    await world.follower.step()
    assert await statement(world, member_id="M5") == []


async def test_a_statement_is_the_same_however_few_entries_are_read_at_a_time(
    history: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await statement(history)
    for size in (1, 2, 3, 4):
        monkeypatch.setattr(reports, "PAGE", size)
        assert await statement(history) == whole


async def test_what_is_posted_while_a_statement_is_read_is_not_in_it(
    history: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "PAGE", 1)
    whole = await statement(history)
    read: list[tuple[str, int, int]] = []
    async for line in history.points.StreamStatement(report_pb2.StreamStatementRequest(member_id="M1")):
        if not read:
            post(history.database, entry("LATE", 1_000))
        read.append((line.entry.transaction_id, line.entry.points, line.balance))
    assert read == whole
    assert (await statement(history))[-1] == ("LATE", 1_000, 1_082)


async def test_a_large_history_is_read_page_by_page(world: World) -> None:
    """The server holds one page at a time, whatever the length of the history."""
    post(world.database, entry("FIRST", 1))
    numbered = sa.text(
        "INSERT INTO entry (transaction_id, entry_id, kind, payload_hash, shard, member_id, occurred_on, points,"
        " points_revision) SELECT 'N' || n, n + 10, 11, '', :shard, 'M1', CAST(:today AS date) - n % 900, n % 7 - 3, 1"
        " FROM generate_series(1, :many) n"
    )
    given = {"shard": int(shard_of(["M1"])[0]), "today": TODAY, "many": MANY}
    with world.database.engine.begin() as connection:
        connection.execute(numbered, given)
        points = connection.scalar(sa.select(sa.func.sum(ENTRY.c.points)))
    rows: list[int] = []

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "entry.transaction_id" in statement:
            rows.append(cursor.rowcount)

    sa.event.listen(world.database.engine, "after_cursor_execute", count)
    balance, lines, days = 0, 0, []
    async for line in world.points.StreamStatement(report_pb2.StreamStatementRequest(member_id="M1")):
        lines, balance = lines + 1, line.balance
        day = line.entry.occurred_on
        days.append((day.year, day.month, day.day, line.entry.entry_id))
    sa.event.remove(world.database.engine, "after_cursor_execute", count)
    assert (lines, balance) == (MANY + 1, points)
    assert days == sorted(days)
    assert max(rows) == reports.PAGE
    assert len(rows) == MANY // reports.PAGE + 1


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"member_id": "a b"}, "MEMBER_ID_MUST_BE_PRINTABLE"),
        ({"member_id": "pool H"}, "MEMBER_ID_MUST_BE_PRINTABLE"),
        ({"member_id": "M9"}, "MEMBER_UNKNOWN"),
        ({"from": {"year": 2026, "month": 2, "day": 30}}, "DATE_MUST_BE_VALID"),
        ({"until": {"year": 2026, "month": 13, "day": 1}}, "DATE_MUST_BE_VALID"),
        (
            {"from": {"year": 2026, "month": 5, "day": 2}, "until": {"year": 2026, "month": 5, "day": 1}},
            "DATE_RANGE_INVALID",
        ),
        ({"from": {"year": 2026, "month": 7, "day": 16}}, "DATE_RANGE_INVALID"),
    ],
)
async def test_a_statement_that_cannot_be_is_refused(
    history: World, given: dict[str, Any], reason: str
) -> None:
    request = report_pb2.StreamStatementRequest(**{"member_id": "M1", **given})
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        [line async for line in history.points.StreamStatement(request)]
    assert reason_of(refused.value) == reason


async def test_without_a_policy_there_are_no_statements(bare_world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await statement(bare_world)
    assert reason_of(refused.value) == "POLICY_REQUIRED"
