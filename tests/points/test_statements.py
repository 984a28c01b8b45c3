"""What members and operators ask for: balances, entries by pages, and policies."""

from datetime import timedelta

import grpc
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from google.type import date_pb2

from carat.points.v1 import entry_pb2, policy_pb2
from carat.points.v1 import points_service_pb2 as pb
from carat.tier.v1 import program_pb2
from services.points.ledger_columns import EntryKind
from services.points.store.lines import record_note
from services.points.tables import METADATA
from services.runtime.database import Database
from tests.points.ledger_entries import days_ago, entry, post
from tests.points.world import NOW, ONE_POINT_PER_RINGGIT, PROGRAM, World, mistakes_of, purchase, reason_of


async def pages(world: World, size: int) -> list[list[str]]:
    found: list[list[str]] = []
    token = ""
    while token or not found:
        page = await world.points.ListEntries(
            pb.ListEntriesRequest(member_id="M1", page_size=size, page_token=token)
        )
        found.append([entry.transaction_id for entry in page.entries])
        token = page.next_page_token
    return found


async def test_who_is_enrolled_and_never_bought_has_no_points(world: World) -> None:
    world.tier.enrol("M1")
    await world.follower.step()
    balance = await world.points.GetBalance(pb.GetBalanceRequest(member_id="M1"))
    assert balance == pb.GetBalanceResponse()
    assert await pages(world, 10) == [[]]


async def test_an_enrolment_that_is_followed_late_takes_no_points_away(world: World) -> None:
    await world.record_one(purchase())
    for member_id in ("M1", "M2", "M2"):
        world.tier.enrol(member_id)
    assert await world.follower.step() is True
    assert await world.follower.step() is False
    assert (await world.balance("M1"), await world.balance("M2")) == (100, 0)


async def test_entries_are_listed_newest_first_page_by_page(world: World) -> None:
    await world.record(*(purchase(f"T{n}") for n in range(5)), purchase("X", "M2"))
    await world.record(purchase("A"))
    assert await pages(world, 2) == [["A", "T4"], ["T3", "T2"], ["T1", "T0"]]
    assert await pages(world, 0) == [["A", "T4", "T3", "T2", "T1", "T0"]]
    assert await pages(world, 5_000) == await pages(world, 0)


async def test_an_entry_tells_how_its_points_came_about(world: World) -> None:
    receipt = await world.record_one(purchase(treatments=3))
    [entry] = (await world.points.ListEntries(pb.ListEntriesRequest(member_id="M1"))).entries
    assert entry.receipt == receipt
    assert (entry.kind, entry.points) == (entry_pb2.ENTRY_KIND_PURCHASE, 100)
    assert entry.occurred_on == entry.earned_on == date_pb2.Date(year=2026, month=7, day=15)
    assert entry.posted_at.seconds > 0
    assert (entry.related_id, entry.actor_id, entry.note) == ("", "", "")


async def test_an_entry_that_no_till_sent_has_no_receipt_but_tells_what_it_follows(world: World) -> None:
    post(
        world.database,
        entry("A1", 70, on=days_ago(3), lot_on=days_ago(40)),
        entry("P1", -30, kind=EntryKind.REDEMPTION),
        entry("P2", 10, kind=EntryKind.REDEMPTION_REVERSAL, lot_on=None, related_id="P1"),
    )
    world.database.transact(lambda connection: record_note(connection, "A1", "ana", "sorry"))
    listed = await world.points.ListEntries(pb.ListEntriesRequest(member_id="M1"))
    reversal, redemption, adjustment = listed.entries
    assert not any(each.HasField("receipt") for each in listed.entries)
    assert (adjustment.actor_id, adjustment.note) == ("ana", "sorry")
    assert adjustment.earned_on == date_pb2.Date(year=2026, month=6, day=5)
    assert adjustment.occurred_on == date_pb2.Date(year=2026, month=7, day=12)
    assert (redemption.points, redemption.actor_id) == (-30, "")
    assert not redemption.HasField("earned_on")
    assert reversal.related_id == "P1"
    kinds = [EntryKind.REDEMPTION_REVERSAL, EntryKind.REDEMPTION, EntryKind.ADJUSTMENT]
    assert [int(each.kind) for each in listed.entries] == kinds


async def test_applying_a_policy_twice_changes_nothing_the_second_time(bare_world: World) -> None:
    first, second = await bare_world.apply(), await bare_world.apply()
    assert (first.changed, second.changed) == (True, False)
    assert first.revision == second.revision
    assert first.revision.number == 1


async def test_a_policy_that_is_only_validated_is_not_applied(bare_world: World) -> None:
    response = await bare_world.apply(validate_only=True)
    assert (response.changed, response.revision.number) == (True, 1)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bare_world.points.GetPolicy(pb.GetPolicyRequest())
    assert reason_of(refused.value) == "POLICY_REQUIRED"


async def test_every_mistake_of_a_policy_is_told_with_its_field(bare_world: World) -> None:
    program = program_pb2.Program(
        code="L", name="L", currency="XXXX", time_zone="Mars/Olympus", points_currency="P"
    )
    policy = policy_pb2.PointsPolicy(rates=policy_pb2.EarningRates(service_bp=-1, product_bp=1_000_001))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bare_world.points.ApplyPolicy(pb.ApplyPolicyRequest(program=program, policy=policy))
    assert reason_of(refused.value) == "POLICY_INVALID"
    assert mistakes_of(refused.value) == {
        "program.currency": "CURRENCY_MUST_BE_ISO_4217",
        "program.time_zone": "TIME_ZONE_UNKNOWN",
        "policy.qualifying": "REQUIRED",
        "policy.rates.service_bp": "RATE_OUT_OF_RANGE",
        "policy.rates.product_bp": "RATE_OUT_OF_RANGE",
    }


@pytest.mark.parametrize(
    ("day", "rule"), [((2026, 7, 14), "MUST_NOT_BE_RETROACTIVE"), ((2026, 2, 30), "REQUIRED")]
)
async def test_a_later_policy_starts_today_or_later_on_a_day_that_exists(
    world: World, day: tuple[int, int, int], rule: str
) -> None:
    halved = policy_pb2.PointsPolicy(rates=policy_pb2.EarningRates(), qualifying=policy_pb2.QualifyingKinds())
    year, month, number = day
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.apply(halved, effective_from=date_pb2.Date(year=year, month=month, day=number))
    assert mistakes_of(refused.value) == {"effective_from": rule}
    assert (await world.record_one(purchase())).points == 100


async def test_a_purchase_earns_by_the_revision_in_force_on_its_day(world: World) -> None:
    doubled = policy_pb2.PointsPolicy()
    doubled.CopyFrom(ONE_POINT_PER_RINGGIT)
    doubled.rates.service_bp = 20_000
    await world.apply(doubled)
    receipts = [
        result.receipt
        for result in await world.record(purchase("A"), purchase("B", occurred_at=NOW - timedelta(hours=13)))
    ]
    assert [(receipt.points, receipt.points_revision) for receipt in receipts] == [(200, 2), (100, 1)]
    before = await world.points.GetPolicy(
        pb.GetPolicyRequest(as_of=date_pb2.Date(year=2026, month=7, day=14))
    )
    today = await world.points.GetPolicy(pb.GetPolicyRequest())
    assert (before.policy, before.revision.number) == (ONE_POINT_PER_RINGGIT, 1)
    assert (today.policy, today.program, today.revision.number) == (doubled, PROGRAM, 2)


def test_the_migrations_make_the_tables_that_the_code_expects(migrated: Database) -> None:
    with migrated.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
