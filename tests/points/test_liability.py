"""What the program owes its members at the end of a day, asked of the service."""

from datetime import date

import grpc
import pytest
import sqlalchemy as sa
from google.type import date_pb2

from carat.points.v1 import policy_pb2, report_pb2
from services.kernel.shards import shard_of
from services.points.ledger_columns import EntryKind
from services.points.store import liability
from services.points.tables import ACCOUNT, ENTRY, LEVEL_CHANGE
from services.runtime.program_messages import day_to_proto
from tests.points.ledger_entries import TODAY, days_ago, entry, post
from tests.points.world import ONE_POINT_PER_RINGGIT, World, purchase, reason_of

WORTH = policy_pb2.PointsPolicy()
WORTH.CopyFrom(ONE_POINT_PER_RINGGIT)
WORTH.redeeming.CopyFrom(policy_pb2.Redeeming(points=3, value_minor=1, step_points=3))

Level = tuple[str, str, int, int, int]


async def asked(world: World, as_of: date | None = None) -> report_pb2.GetLiabilityResponse:
    day = None if as_of is None else day_to_proto(as_of)
    return await world.points.GetLiability(report_pb2.GetLiabilityRequest(as_of=day))


def levels(told: report_pb2.GetLiabilityResponse) -> list[Level]:
    return [
        (each.tier_system, each.level, each.accounts, each.points, each.value_minor) for each in told.levels
    ]


def ages(told: report_pb2.GetLiabilityResponse) -> dict[tuple[int, int], int]:
    return {(each.months_from, each.months_until): each.points for each in told.ages}


def change(world: World, sequence: int, on: date, left: str, entered: str, member_id: str = "M1") -> None:
    """A move from one level of the spa to another, as Points has followed it."""
    key = {"shard": int(shard_of([member_id])[0]), "member_id": member_id}
    systems = {"from_system": "spa" if left else "", "to_system": "spa" if entered else ""}
    row = {
        **key,
        "sequence": sequence,
        "effective_on": on,
        "from_level": left,
        "to_level": entered,
        **systems,
    }
    account = sa.update(ACCOUNT).where(ACCOUNT.c.member_id == member_id)
    with world.database.engine.begin() as connection:
        connection.execute(sa.insert(LEVEL_CHANGE).values(row))
        connection.execute(account.values(tier_system=systems["to_system"], level=entered))


@pytest.fixture
async def owing(bare_world: World) -> World:
    """A gold and a blue member, one who owes points, a pool, and one who has nothing left."""
    await bare_world.apply(WORTH)
    post(
        bare_world.database,
        entry("A", 100, on=days_ago(400)),
        entry("B", 25, on=days_ago(5)),
        entry("C", -60, on=days_ago(2), kind=EntryKind.REDEMPTION),
        entry("D", 4, "M2", on=days_ago(1)),
        entry("E", -10, "M3", EntryKind.PURCHASE_REVERSAL, on=days_ago(1)),
        entry("F", 7, "pool H", EntryKind.TRANSFER_IN, on=days_ago(1), lot_on=days_ago(200)),
        entry("G", 9, "M4"),
        entry("H", -9, "M4"),
    )
    change(bare_world, 1, days_ago(500), "", "blue")
    change(bare_world, 2, days_ago(3), "blue", "gold")
    change(bare_world, 1, days_ago(1), "", "blue", "M2")
    change(bare_world, 1, days_ago(1), "", "blue", "M3")
    return bare_world


async def test_points_and_money_are_told_by_level_and_by_age(owing: World) -> None:
    told = await asked(owing)
    assert (told.points, told.value_minor, told.points_owed, told.accounts) == (66, 25, -10, 4)
    assert levels(told) == [("", "", 1, 7, 2), ("spa", "blue", 2, -6, 1), ("spa", "gold", 1, 65, 21)]
    assert ages(told) == {(0, 3): 29, (3, 6): 0, (6, 12): 7, (12, 24): 40, (24, 0): 0}


async def test_the_sum_of_balances_is_the_sum_of_levels_and_that_of_ages_and_debts(owing: World) -> None:
    with owing.database.engine.begin() as connection:
        balances = connection.scalar(sa.select(sa.func.sum(ACCOUNT.c.balance)))
    for days in (0, 1, 2, 3, 5, 6, 200, 399, 400, 401):
        told = await asked(owing, days_ago(days))
        counted = sa.select(sa.func.coalesce(sa.func.sum(ENTRY.c.points), 0))
        with owing.database.engine.begin() as connection:
            expected = connection.scalar(counted.where(ENTRY.c.occurred_on <= days_ago(days)))
        assert told.points == expected
        assert sum(each.points for each in told.levels) == told.points
        assert sum(each.points for each in told.ages) + told.points_owed == told.points
    assert (await asked(owing)).points == balances


async def test_a_past_day_is_told_as_it_was(owing: World) -> None:
    """Before the redemption, and before the promotion to gold."""
    assert levels(await asked(owing, days_ago(3))) == [("spa", "gold", 1, 125, 41)]
    assert levels(await asked(owing, days_ago(4))) == [("spa", "blue", 1, 125, 41)]
    assert levels(await asked(owing, days_ago(400))) == [("spa", "blue", 1, 100, 33)]
    empty = await asked(owing, days_ago(401))
    assert (empty.points, empty.accounts, levels(empty)) == (0, 0, [])
    assert set(ages(empty).values()) == {0}


async def test_before_its_first_move_an_account_stood_where_that_move_took_it_from(owing: World) -> None:
    post(owing.database, entry("I", 10, "M6", on=days_ago(9)))
    change(owing, 7, days_ago(3), "blue", "gold", "M6")
    assert levels(await asked(owing, days_ago(6))) == [("spa", "blue", 2, 110, 36)]
    assert levels(await asked(owing, days_ago(3))) == [("spa", "gold", 2, 135, 45)]


async def test_an_account_of_which_no_move_is_known_stands_where_it_says(owing: World) -> None:
    post(owing.database, entry("I", 10, "M6", on=days_ago(9)))
    stands = sa.update(ACCOUNT).where(ACCOUNT.c.member_id == "M6")
    owing.database.transact(
        lambda connection: connection.execute(stands.values(tier_system="game", level="bronze"))
    )
    assert levels(await asked(owing, days_ago(6)))[0] == ("game", "bronze", 1, 10, 3)


async def test_who_left_the_ladder_counts_without_a_level_from_that_day_on(owing: World) -> None:
    change(owing, 3, TODAY, "gold", "")
    assert levels(await asked(owing))[0] == ("", "", 2, 72, 24)
    assert levels(await asked(owing, days_ago(1)))[0] == ("", "", 1, 7, 2)


async def test_what_is_dated_back_changes_what_was_told_of_the_days_since(owing: World) -> None:
    before = (await asked(owing, days_ago(10))).points
    post(owing.database, entry("I", 1_000, "M2", on=days_ago(20)))
    assert (await asked(owing, days_ago(10))).points == before + 1_000
    assert (await asked(owing, days_ago(21))).points == before


async def test_the_value_is_that_of_the_policy_of_the_day(owing: World) -> None:
    tomorrow = policy_pb2.PointsPolicy()
    tomorrow.CopyFrom(ONE_POINT_PER_RINGGIT)
    await owing.apply(tomorrow, effective_from=day_to_proto(TODAY))
    assert (await asked(owing, days_ago(1))).value_minor == 25
    assert (await asked(owing)).value_minor == 0


async def test_slices_do_not_change_what_is_told(owing: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = await asked(owing)
    for slices in (1, 64):
        monkeypatch.setattr(liability, "_SLICES", slices)
        assert await asked(owing) == whole


async def test_what_moves_while_a_report_is_read_is_not_there_twice(world: World) -> None:
    """All slices are read as of one moment."""
    members = [f"N{number}" for number in range(1_000)]
    shards = shard_of(members)
    giver, taker = members[int(shards.argmin())], members[int(shards.argmax())]
    post(world.database, entry("A", 100, giver))
    slices = liability.read_owing(world.database, (TODAY - date(1970, 1, 1)).days)
    points = [int(next(slices).lots.points.sum())]
    assert points == [100]
    post(world.database, entry("B", -40, giver), entry("C", 40, taker))
    points += [int(each.lots.points.sum()) for each in slices]
    assert sum(points) == 100


async def test_an_empty_program_owes_nothing(world: World) -> None:
    told = await asked(world)
    assert (told.points, told.value_minor, told.accounts, len(told.levels)) == (0, 0, 0, 0)
    assert [each.points for each in told.ages] == [0] * 5
    await world.record_one(purchase())
    assert (await asked(world)).points == 100


@pytest.mark.parametrize(
    ("day", "reason"),
    [((2026, 7, 16), "DATE_MUST_NOT_BE_IN_FUTURE"), ((2026, 2, 31), "DATE_MUST_BE_VALID")],
)
async def test_a_day_that_cannot_be_is_refused(world: World, day: tuple[int, int, int], reason: str) -> None:
    year, month, number = day
    request = report_pb2.GetLiabilityRequest(as_of=date_pb2.Date(year=year, month=month, day=number))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.points.GetLiability(request)
    assert reason_of(refused.value) == reason


async def test_without_a_policy_there_is_no_report(bare_world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await asked(bare_world)
    assert reason_of(refused.value) == "POLICY_REQUIRED"


async def test_a_sum_beyond_64_bits_is_refused_and_never_wrapped(world: World) -> None:
    highest = 2**63 - 1
    post(world.database, entry("A", highest))
    assert (await asked(world)).points == highest
    post(world.database, entry("B", 1, "M2"))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await asked(world)
    assert reason_of(refused.value) == "POINTS_ABOVE_LIMIT"
