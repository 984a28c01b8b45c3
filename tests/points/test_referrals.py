"""Who brings a friend gets a bonus with the friend's first treatment, once (Meanings 32)."""

import asyncio
from datetime import timedelta

import pytest

from carat.points.v1 import entry_pb2, referral_pb2
from carat.tier.v1 import errors_pb2
from services.points.refusals import Reason
from services.points.rules.limits import POINTS_LIMIT
from services.runtime.program_messages import day_from_proto
from tests.points.acts import entries, marked, refused
from tests.points.bringing import referrers, refund, treat
from tests.points.following import (
    ERASED,
    follow,
    merge,
    refer,
    referrals,
    with_bonuses,
)  # fmt: skip
from tests.points.world import NOW, World, purchase


@pytest.fixture
async def spa(bare_world: World) -> World:
    return await referrers(bare_world)


async def test_a_friend_who_is_unknown_yet_can_be_referred(spa: World) -> None:
    answer = await refer(spa)
    told = answer.referral
    assert (told.friend_id, told.referrer_id, told.paid_by, told.points, answer.replayed) == (
        "F1",
        "R1",
        "",
        0,
        False,
    )
    assert day_from_proto(told.recorded_on) == NOW.date()
    assert await referrals(spa) == [("F1", "", 0)]


async def test_the_same_referral_again_is_answered_as_before_even_when_it_is_paid(spa: World) -> None:
    await refer(spa)
    assert (await refer(spa)).replayed
    await treat(spa)
    again = await refer(spa)
    assert (again.replayed, again.referral.paid_by, again.referral.points) == (True, "T1", 800)
    assert len(await referrals(spa)) == 1


async def test_the_bonus_is_that_of_the_referrers_level_and_told_in_the_receipt(spa: World) -> None:
    await refer(spa)
    await refer(spa, "F2", "R2")
    assert [await treat(spa), await treat(spa, "T2", "F2")] == [800, 500]
    assert [await spa.balance("R1"), await spa.balance("R2"), await spa.balance("F1")] == [800, 500, 100]
    [bonus] = await entries(spa, "R1")
    assert (bonus.kind, bonus.transaction_id) == (entry_pb2.ENTRY_KIND_REFERRAL_BONUS, "referral 1 F1")
    assert (bonus.related_id, bonus.points) == ("F1", 800)
    assert day_from_proto(bonus.earned_on) == NOW.date()
    assert await spa.broken_promises() == []


async def test_the_bonus_is_earned_on_the_day_of_the_purchase(spa: World) -> None:
    await refer(spa)
    await spa.record_one(purchase(member_id="F1", treatments=1, occurred_at=NOW - timedelta(days=40)))
    [bonus] = await entries(spa, "R1")
    assert (
        day_from_proto(bonus.earned_on)
        == day_from_proto(bonus.occurred_on)
        == (NOW - timedelta(days=40)).date()
    )


async def test_purchases_without_a_treatment_do_not_pay(spa: World) -> None:
    await refer(spa)
    assert await treat(spa, treatments=0) == 0
    assert await treat(spa, "T2") == 800
    assert await referrals(spa) == [("F1", "T2", 800)]


async def test_of_a_batch_the_first_purchase_with_a_treatment_pays(spa: World) -> None:
    await refer(spa)
    results = await spa.record(
        *(purchase(f"T{number}", "F1", treatments=number // 2) for number in range(1, 5))
    )
    assert [each.receipt.referral_bonus for each in results] == [0, 800, 0, 0]
    assert await spa.balance("R1") == 800


async def test_a_level_without_bonus_is_paid_nothing_and_never_asked_again(spa: World) -> None:
    await refer(spa, "F1", "R3")
    assert await treat(spa) == 0
    assert await referrals(spa, "R3") == [("F1", "T1", 0)]
    assert await treat(spa, "T2") == 0
    assert await entries(spa, "R3") == []


async def test_a_bonus_that_comes_into_force_later_is_not_paid_for_earlier_first_treatments(
    world: World,
) -> None:
    world.tier.enrol("R1")
    await follow(world)
    await refer(world)
    await treat(world)
    await world.apply(with_bonuses())
    assert await treat(world, "T2") == 0
    assert await world.balance("R1") == 0


async def test_twenty_first_purchases_at_once_pay_once(spa: World) -> None:
    await refer(spa)
    told = await asyncio.gather(*(treat(spa, f"T{number}") for number in range(20)))
    assert sorted(told) == [0] * 19 + [800]
    assert await spa.balance("R1") == 800
    assert await spa.broken_promises() == []


async def test_two_batches_that_post_at_once_pay_once(spa: World) -> None:
    await refer(spa)
    results = await asyncio.gather(
        *(spa.record(*(purchase(f"B{batch}T{number}", f"F{number}", treatments=1) for number in range(1, 20)))
          for batch in range(4))
    )  # fmt: skip
    assert sum(each.receipt.referral_bonus for batch in results for each in batch) == 800


async def test_an_erased_referrer_is_paid_nothing(spa: World) -> None:
    await refer(spa)
    spa.tier.move("R1", ERASED, from_level="sapphire")
    await follow(spa)
    assert await treat(spa) == 0
    assert await referrals(spa) == [("F1", "T1", 0)]


async def test_a_bonus_for_which_there_is_no_room_does_not_stop_the_purchase(spa: World) -> None:
    marked(spa, "R1", balance=POINTS_LIMIT - 799)
    await refer(spa)
    assert await treat(spa) == 0
    assert await spa.balance("R1") == POINTS_LIMIT - 799


async def test_of_two_friends_in_one_batch_only_the_first_may_have_room(spa: World) -> None:
    marked(spa, "R1", balance=POINTS_LIMIT - 1_000)
    await refer(spa)
    await refer(spa, "F2")
    await spa.record(purchase(member_id="F1", treatments=1), purchase("T2", "F2", treatments=1))
    assert await referrals(spa) == [("F1", "T1", 800), ("F2", "T2", 0)]
    assert await spa.balance("R1") == POINTS_LIMIT - 200


async def test_friends_are_listed_in_the_order_in_which_they_were_brought(spa: World) -> None:
    for friend_id in ("F2", "F1", "F3"):
        await refer(spa, friend_id)
    assert [friend_id for friend_id, *_ in await referrals(spa)] == ["F2", "F1", "F3"]


async def test_nobody_refers_herself(spa: World) -> None:
    await refused(spa, refer(spa, "R1", "R1"), Reason.REFERRAL_MUST_BE_OF_ANOTHER)


async def test_nobody_refers_who_referred_her(spa: World) -> None:
    await refer(spa, "R2", "R1")
    await refused(spa, refer(spa, "R1", "R2"), Reason.REFERRAL_MUST_BE_OF_ANOTHER)


async def test_of_two_who_refer_each_other_at_once_one_is_refused(spa: World) -> None:
    answers = await asyncio.gather(refer(spa, "R1", "R2"), refer(spa, "R2", "R1"), return_exceptions=True)
    assert sum(isinstance(each, referral_pb2.RecordReferralResponse) for each in answers) == 1


async def test_a_friend_is_brought_by_one(spa: World) -> None:
    await refer(spa)
    await refused(spa, refer(spa, "F1", "R2"), Reason.REFERRAL_EXISTS)


async def test_of_ten_who_refer_a_friend_at_once_one_is_granted(spa: World) -> None:
    answers = await asyncio.gather(
        *(refer(spa, "F1", f"R{1 + number % 3}") for number in range(12)), return_exceptions=True
    )
    granted = [each for each in answers if isinstance(each, referral_pb2.RecordReferralResponse)]
    assert len({each.referral.referrer_id for each in granted}) == 1
    assert [each.replayed for each in granted].count(False) == 1


async def test_after_the_first_treatment_it_is_too_late(spa: World) -> None:
    await treat(spa, treatments=0)
    await refer(spa)
    await treat(spa, "T2", "F2")
    await refused(spa, refer(spa, "F2"), Reason.REFERRAL_TOO_LATE)
    await refund(spa, "T2")
    await refused(spa, refer(spa, "F2"), Reason.REFERRAL_TOO_LATE)


async def test_a_treatment_that_is_still_pending_is_the_first(spa: World) -> None:
    await spa.tier.stop()
    await spa.record_one(purchase(member_id="F1", treatments=1))
    await refused(spa, refer(spa), Reason.REFERRAL_TOO_LATE)


async def test_a_treatment_that_tier_refused_after_all_was_none(spa: World) -> None:
    await spa.tier.stop()
    await spa.record_one(purchase(member_id="F1", treatments=1))
    spa.tier.refusals["F1"] = errors_pb2.TIER_REASON_MEMBER_UNKNOWN
    await spa.tier_returns()
    await spa.redriver.run_once(0)
    await refer(spa)
    assert await referrals(spa) == [("F1", "", 0)]


async def test_the_treatment_of_a_record_merged_into_the_friends_is_the_friends(spa: World) -> None:
    for member_id in ("F1", "F2"):
        spa.tier.enrol(member_id)
    await treat(spa, "T1", "F2")
    await merge(spa, "F2", "F1")
    await refused(spa, refer(spa), Reason.REFERRAL_TOO_LATE)


async def test_only_members_bring_others(spa: World) -> None:
    told = await refused(spa, refer(spa, "F1", "nobody"), Reason.REFERRER_UNKNOWN)
    assert told == {"friend_id": "F1", "referrer_id": "nobody"}


@pytest.mark.parametrize(("friend_id", "referrer_id"), [("F1", "R1"), ("R1", "R3")])
async def test_records_merged_away_neither_bring_nor_are_brought(
    spa: World, friend_id: str, referrer_id: str
) -> None:
    await merge(spa, "R1", "R2", level="sapphire")
    await refused(spa, refer(spa, friend_id, referrer_id), Reason.MEMBER_MERGED)


@pytest.mark.parametrize(("friend_id", "referrer_id"), [("F1", "R1"), ("R1", "R3")])
async def test_erased_members_neither_bring_nor_are_brought(
    spa: World, friend_id: str, referrer_id: str
) -> None:
    spa.tier.move("R1", ERASED, from_level="sapphire")
    await follow(spa)
    await refused(spa, refer(spa, friend_id, referrer_id), Reason.MEMBER_ERASED)


@pytest.mark.parametrize(
    ("friend_id", "referrer_id"), [("", "R1"), ("a b", "R1"), ("F1", ""), ("F1", "pool P1")]
)
async def test_ids_must_be_printable(spa: World, friend_id: str, referrer_id: str) -> None:
    await refused(spa, refer(spa, friend_id, referrer_id), Reason.MEMBER_ID_MUST_BE_PRINTABLE)


async def test_before_there_is_a_policy_nothing_is_recorded(bare_world: World) -> None:
    bare_world.tier.enrol("R1")
    await follow(bare_world)
    await refused(bare_world, refer(bare_world), Reason.POLICY_REQUIRED)


async def test_who_brought_nobody_has_an_empty_list(spa: World) -> None:
    assert await referrals(spa, "R2") == []
