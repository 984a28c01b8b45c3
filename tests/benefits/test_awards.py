"""Points that members are given: granted once for ever, and told to whoever follows the feed."""

import asyncio
from datetime import date

import pytest
import sqlalchemy as sa
from google.type import date_pb2

from carat.benefits.v1 import award_pb2 as pb
from carat.tier.v1 import move_pb2
from services.benefits.tables import AWARD
from services.runtime.program_messages import day_from_proto, day_to_proto
from tests.benefits.world import TODAY, World, error_info, failure
from tests.feeds import wait_until_told


def an_award(award_id: str = "A1", **given) -> pb.Award:
    """100 points for Amy's wedding, unless said otherwise."""
    defaults = {"member_id": "amy", "code": "wedding", "points": 100, "actor_id": "clerk"}
    return pb.Award(award_id=award_id, **(defaults | given))


async def grant(world: World, award_id: str = "A1", **given) -> pb.GrantAwardResponse:
    return await world.benefits.GrantAward(pb.GrantAwardRequest(award=an_award(award_id, **given)))


async def refused(world: World, **given) -> str:
    return error_info(await failure(grant(world, **given))).reason


async def feed(world: World, cursor: str = "") -> pb.ReadAwardFeedResponse:
    await asyncio.to_thread(wait_until_told, world.database, AWARD)
    return await world.benefits.ReadAwardFeed(pb.ReadAwardFeedRequest(cursor=cursor))


@pytest.fixture
async def spa(world: World) -> World:
    """Amy is a member since January."""
    await world.member_at("crystal")
    return world


async def test_an_award_is_of_today_unless_another_day_is_named(spa: World):
    undated = (await grant(spa, note="sorry")).award
    assert day_from_proto(undated.awarded_on) == TODAY
    assert (undated.award_id, undated.member_id, undated.code, undated.points) == (
        "A1",
        "amy",
        "wedding",
        100,
    )
    assert (undated.actor_id, undated.note) == ("clerk", "sorry")
    assert undated.HasField("recorded_at")
    dated = (await grant(spa, "A2", awarded_on=day_to_proto(date(2026, 2, 3)))).award
    assert day_from_proto(dated.awarded_on) == date(2026, 2, 3)


async def test_an_award_is_granted_once_whoever_asks_again_and_whenever(spa: World):
    first = await grant(spa)
    spa.today_is(date(TODAY.year + 1, 1, 1))
    again = await grant(spa)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.award == first.award
    assert list((await feed(spa)).awards) == [first.award]


async def test_twenty_at_once_grant_an_award_once(spa: World):
    answers = await asyncio.gather(*(grant(spa) for _ in range(20)))
    assert sorted(each.replayed for each in answers) == [False] + [True] * 19
    assert len((await feed(spa)).awards) == 1


async def test_the_feed_goes_on_from_its_cursor(spa: World):
    for award_id in ("A1", "A2", "A3"):
        await grant(spa, award_id)
    awards = (await feed(spa)).awards
    assert [each.award_id for each in awards] == ["A1", "A2", "A3"]
    after = await feed(spa, awards[1].cursor)
    assert [each.award_id for each in after.awards] == ["A3"]
    end = await feed(spa, after.next_cursor)
    assert (list(end.awards), end.next_cursor) == ([], after.next_cursor)


async def test_a_page_of_the_feed_has_a_thousand_awards(spa: World):
    rows = [
        {"award_id": f"A{number}", "payload_hash": b"", "member_id": "amy", "code": "wedding", "points": 1,
         "awarded_on": TODAY, "actor_id": "clerk", "note": ""}
        for number in range(1_001)
    ]  # fmt: skip
    spa.database.transact(lambda connection: connection.execute(sa.insert(AWARD), rows))
    first = await feed(spa)
    assert (len(first.awards), len((await feed(spa, first.next_cursor)).awards)) == (1_000, 1)


@pytest.mark.parametrize("cursor", ["garbage", "1", "1.2.3", "99999999999999999999999.1"])
async def test_a_cursor_that_was_never_given_is_refused(spa: World, cursor: str):
    assert error_info(await failure(feed(spa, cursor))).reason == "CURSOR_INVALID"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"award_id": ""}, "TRANSACTION_ID_MUST_BE_PRINTABLE"),
        ({"award_id": "a b"}, "TRANSACTION_ID_MUST_BE_PRINTABLE"),
        ({"award_id": "x" * 65}, "TRANSACTION_ID_MUST_BE_PRINTABLE"),
        ({"award_id": "a\x00b"}, "TRANSACTION_ID_MUST_BE_PRINTABLE"),
        ({"member_id": ""}, "MEMBER_ID_MUST_BE_PRINTABLE"),
        ({"member_id": "a\x00b"}, "MEMBER_ID_MUST_BE_PRINTABLE"),
        ({"awarded_on": date_pb2.Date(year=2026, month=2, day=30)}, "DATE_MUST_BE_VALID"),
        ({"awarded_on": date_pb2.Date(year=1969, month=12, day=31)}, "DATE_MUST_BE_VALID"),
        ({"awarded_on": date_pb2.Date(year=2099, month=1, day=1)}, "DATE_MUST_NOT_BE_IN_FUTURE"),
        ({"member_id": "nobody"}, "MEMBER_UNKNOWN"),
        ({"points": 0}, "POINTS_MUST_BE_POSITIVE"),
        ({"points": -5}, "POINTS_MUST_BE_POSITIVE"),
        ({"points": 10**9 + 1}, "POINTS_ABOVE_LIMIT"),
        ({"code": ""}, "AWARD_CODE_REQUIRED"),
        ({"code": "two words"}, "AWARD_CODE_REQUIRED"),
        ({"actor_id": ""}, "ACTOR_REQUIRED"),
        ({"note": "two\nlines"}, "NOTE_MUST_BE_PRINTABLE"),
        ({"note": "x" * 201}, "NOTE_MUST_BE_PRINTABLE"),
        ({"note": "\x00"}, "NOTE_MUST_BE_PRINTABLE"),
        ({"points": 0, "member_id": "nobody"}, "MEMBER_UNKNOWN"),
    ],
)
async def test_what_cannot_be_granted_leaves_nothing_behind(spa: World, given: dict, reason: str):
    assert await refused(spa, **given) == reason
    assert list((await feed(spa)).awards) == []


async def test_the_highest_award_is_granted(spa: World):
    assert (await grant(spa, points=10**9)).award.points == 10**9


@pytest.mark.parametrize(
    "other",
    [{"points": 101}, {"code": "birth"}, {"note": "else"}, {"actor_id": "boss"}, {"member_id": "bob"}],
)
async def test_an_id_that_stands_for_another_award_is_refused(spa: World, other: dict):
    await spa.member_at("crystal", member_id="bob")
    await grant(spa)
    assert await refused(spa, **other) == "TRANSACTION_ID_REUSED"
    assert [each.points for each in (await feed(spa)).awards] == [100]


async def test_nothing_is_granted_before_there_is_a_policy(bare_world: World):
    await bare_world.member_at("crystal")
    assert await refused(bare_world) == "POLICY_REQUIRED"


async def test_what_staff_wrote_goes_when_the_member_is_erased(spa: World):
    await spa.member_at("crystal", member_id="bob")
    await grant(spa, note="about Amy")
    await grant(spa, "A2", member_id="bob", note="about Bob")
    spa.tier.tell("amy", "crystal", "", TODAY, move_pb2.MOVE_REASON_ERASED)
    await spa.follow()
    assert [(each.award_id, each.note) for each in (await feed(spa)).awards] == [
        ("A1", ""),
        ("A2", "about Bob"),
    ]
