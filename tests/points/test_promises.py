"""What the ledger promises: it holds of an eventful history, and every damage is told."""

import pytest
import sqlalchemy as sa

from carat.points.v1 import points_service_pb2 as pb
from services.kernel.shards import shard_of
from services.points.ledger_columns import EntryKind
from services.points.store.promises import PROMISES
from services.points.store.verification import check, read_sums_by_shard
from services.points.tables import METADATA, REDEMPTION, REVERSAL
from services.runtime.database import Connection, Database
from tests.points.eventful_ledger import REDEEMED, REVERSED, SHARD, live
from tests.points.ledger_damages import DAMAGES, Damage
from tests.points.ledger_entries import TODAY, entry, post
from tests.points.world import World


@pytest.fixture
async def ledger(world: World) -> Database:
    await live(world)
    return world.database


def broken_promises(database: Database, connection: Connection) -> dict[str, list[str]]:
    findings = [check(connection, promise) for promise in PROMISES]
    return {finding.promise: finding.members for finding in findings if finding.breaches}


async def test_an_eventful_ledger_keeps_every_promise(ledger: Database) -> None:
    with ledger.engine.connect() as connection:
        assert broken_promises(ledger, connection) == {}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: str(damage.done)[:60])
async def test_a_damage_is_told_as_what_it_breaks_and_the_member_named(
    ledger: Database, damage: Damage
) -> None:
    with ledger.engine.connect() as connection:
        damage.do(ledger, connection)
        assert broken_promises(ledger, connection) == {damage.broken: [damage.member]}
        connection.rollback()


async def test_a_transaction_that_was_posted_twice_is_told(ledger: Database) -> None:
    with ledger.engine.connect() as connection:
        connection.execute(sa.text("ALTER TABLE entry DROP CONSTRAINT entry_pkey"))
        connection.execute(sa.text("INSERT INTO entry SELECT * FROM entry WHERE transaction_id = 'T2'"))
        assert broken_promises(ledger, connection)["A transaction has one entry."] == ["M2"]
        connection.rollback()


async def test_entries_without_an_account_are_told(ledger: Database) -> None:
    with ledger.engine.connect() as connection:
        connection.execute(sa.text("DELETE FROM account WHERE member_id = 'M2'"))
        assert broken_promises(ledger, connection)["A balance is the sum of the member's entries."] == ["M2"]
        connection.rollback()


def test_every_promise_is_broken_by_a_test() -> None:
    assert {damage.broken for damage in DAMAGES} == set(PROMISES) - {"A transaction has one entry."}


def take_back_the_rest(ledger: Database) -> None:
    """The rest of the purchase is refunded: M1 owes 4 points."""
    debt = entry("R2", -60, kind=EntryKind.PURCHASE_REVERSAL, lot_on=TODAY, related_id="T1")
    rest = {**REVERSED, "reversal_id": "R2", "service_minor": 6_000, "treatments": 2, "multiplied_points": 60}
    rest |= {"base_micropoints": 60_000_000, "qualifying_spend_minor": 6_000}
    ledger.transact(lambda connection: connection.execute(sa.insert(REVERSAL).values(rest)))
    post(ledger, debt)


async def test_a_refund_may_take_a_balance_below_zero_and_later_earning_repays_it(ledger: Database) -> None:
    take_back_the_rest(ledger)
    with ledger.engine.connect() as connection:
        assert broken_promises(ledger, connection) == {}
    post(ledger, entry("A", 100), entry("P", -40))
    with ledger.engine.connect() as connection:
        assert broken_promises(ledger, connection) == {}


def held(points: int) -> sa.Insert:
    payment = {**REDEEMED, "redemption_id": "P5", "points": points, "captured_points": points}
    return sa.insert(REDEMPTION).values(payment | {"reversed_points": 0})


async def test_what_was_held_before_a_refund_took_it_may_be_captured_after(ledger: Database) -> None:
    ledger.transact(lambda connection: connection.execute(held(10)))
    take_back_the_rest(ledger)
    post(ledger, entry("P5", -10, kind=EntryKind.REDEMPTION))
    with ledger.engine.connect() as connection:
        assert broken_promises(ledger, connection) == {}


@pytest.mark.parametrize(("points", "was_held"), [(10, False), (200, True)])
async def test_a_payment_of_what_was_not_held_or_never_there_is_told(
    ledger: Database, points: int, was_held: bool
) -> None:
    if was_held:
        ledger.transact(lambda connection: connection.execute(held(points)))
    take_back_the_rest(ledger)
    post(ledger, entry("P5", -points, kind=EntryKind.REDEMPTION))
    if not was_held:
        ledger.transact(lambda connection: connection.execute(held(points)))
    with ledger.engine.connect() as connection:
        assert broken_promises(ledger, connection) == {"A balance is negative only by a reversal.": ["M1"]}


async def test_a_record_was_active_when_one_that_was_merged_into_it_was(ledger: Database) -> None:
    later = sa.text("UPDATE account SET active_on = active_on + 1 WHERE member_id = 'M1'")
    ledger.transact(lambda connection: connection.execute(later))
    with ledger.engine.connect() as connection:
        assert broken_promises(ledger, connection) == {}


async def test_a_refund_that_was_refused_takes_nothing(ledger: Database) -> None:
    refused = {**REVERSED, "reversal_id": "R2", "service_minor": 10_000, "state": 3, "multiplied_points": 0}
    ledger.transact(lambda connection: connection.execute(sa.insert(REVERSAL).values(refused)))
    with ledger.engine.connect() as connection:
        assert broken_promises(ledger, connection) == {}


async def test_sums_by_shard_are_of_purchases_less_what_was_posted_of_refunds(ledger: Database) -> None:
    """Bonuses, transfers and redemptions are none of Tier's; a refund is the buyer's, whoever holds the points."""
    pending = {**REVERSED, "reversal_id": "R2", "state": 1}
    elsewhere = sa.update(REVERSAL).values(shard=int(shard_of(["M7"])[0]), member_id="M7")
    ledger.transact(lambda connection: connection.execute(elsewhere))
    ledger.transact(lambda connection: connection.execute(sa.insert(REVERSAL).values(pending)))
    sums = ledger.transact(read_sums_by_shard)
    shards = shard_of(["M1", "M2"])
    assert [column[shards].tolist() for column in (sums.points, sums.spend, sums.visits)] == [
        [60, 50],
        [6_000, 5_000],
        [2, 0],
    ]
    assert int(sums.points.sum()) == 110


async def test_who_asks_the_service_is_told_who_breaks_what(world: World, ledger: Database) -> None:
    assert await world.broken_promises() == []
    damage = sa.text("UPDATE account SET balance = balance + 1")
    ledger.transact(lambda connection: connection.execute(damage))
    [told] = [each async for each in world.points.VerifyLedger(pb.VerifyLedgerRequest()) if each.breaches]
    assert (told.promise, told.breaches) == ("A balance is the sum of the member's entries.", 4)
    assert list(told.members) == ["M1", "M2", "M3", "pool H"]


async def test_the_last_answer_tells_the_sums_by_shard(world: World, ledger: Database) -> None:
    answers = [answer async for answer in world.points.VerifyLedger(pb.VerifyLedgerRequest())]
    assert [answer.promise for answer in answers] == list(PROMISES)
    assert [answer.breaches for answer in answers] == [0] * len(PROMISES)
    lengths = [
        {len(answer.points_by_shard), len(answer.spend_by_shard), len(answer.visits_by_shard)}
        for answer in answers
    ]
    assert lengths == [*[{0}] * (len(PROMISES) - 1), {4096}]
    by_shard = [answers[-1].points_by_shard, answers[-1].spend_by_shard, answers[-1].visits_by_shard]
    assert [column[SHARD] for column in by_shard] == [60, 6_000, 2]


def test_every_promise_names_a_table() -> None:
    assert {rows for rows, _ in PROMISES.values()} <= set(METADATA.tables)
