"""The Tier service answers what no caller should send with a reason, never with a failure of its own."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from google.type import date_pb2

from carat.tier.v1 import member_pb2, tier_service_pb2
from services.runtime.clock import Clock
from services.runtime.program_messages import day_to_proto, program_to_proto
from services.runtime.refusal import Refused
from services.tier.policy_document import TierPolicy
from services.tier.policy_messages import policy_to_proto
from services.tier.refusals import Reason
from services.tier.servicer import TierServicer
from tests.tier.policies import POLICY, with_sapphire
from tests.tier.world import PROGRAM, TierWorld, purchase, reason_name

TODAY = date(2025, 6, 1)
JOINED = date(2024, 1, 10)
NO_DAY = date_pb2.Date(year=2025, month=2, day=30)
NO_MONTH = date_pb2.Date(year=2025, month=0, day=1)
Ask = Callable[[TierServicer], Awaitable[Any]]
_NO_CONTEXT = cast(Any, None)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 joined."""
    tier_world.today = TODAY
    assert tier_world.apply(POLICY) == []
    assert tier_world.enrol(member("M1")) == [("", True)]
    return tier_world


def member(member_id: str, on: date = JOINED, **given: Any) -> member_pb2.Member:
    return member_pb2.Member(member_id=member_id, enrolled_on=day_to_proto(on), **given)


def service_at(world: TierWorld, now: datetime) -> TierServicer:
    return TierServicer(world.database, Clock(now))


def service(world: TierWorld) -> TierServicer:
    """On noon of today in Kuala Lumpur."""
    return service_at(world, datetime(2025, 6, 1, 4, tzinfo=UTC))


def standing_of(member_id: str, as_of: date_pb2.Date | None = None) -> Ask:
    request = tier_service_pb2.GetStandingRequest(member_id=member_id, as_of=as_of)
    return lambda servicer: servicer.GetStanding(request, _NO_CONTEXT)


def policy_as_of(as_of: date_pb2.Date) -> Ask:
    request = tier_service_pb2.GetPolicyRequest(as_of=as_of)
    return lambda servicer: servicer.GetPolicy(request, _NO_CONTEXT)


def moves_of(member_id: str, token: str = "") -> Ask:
    request = tier_service_pb2.ListMovesRequest(member_id=member_id, page_token=token)
    return lambda servicer: servicer.ListMoves(request, _NO_CONTEXT)


def feed_from(cursor: str) -> Ask:
    request = tier_service_pb2.ReadMoveFeedRequest(cursor=cursor)
    return lambda servicer: servicer.ReadMoveFeed(request, _NO_CONTEXT)


@pytest.mark.parametrize(
    ("reason", "ask"),
    [
        (Reason.MEMBER_ID_MUST_BE_PRINTABLE, standing_of("M1\0")),
        (Reason.MEMBER_ID_MUST_BE_PRINTABLE, standing_of("M" * 65)),
        (Reason.MEMBER_ID_MUST_BE_PRINTABLE, moves_of("M1\0")),
        (Reason.DATE_MUST_BE_VALID, standing_of("M1", NO_DAY)),
        (Reason.DATE_MUST_BE_VALID, standing_of("M1", NO_MONTH)),
        (Reason.DATE_MUST_BE_VALID, policy_as_of(NO_DAY)),
        (Reason.DATE_MUST_BE_VALID, policy_as_of(NO_MONTH)),
        (Reason.PAGE_TOKEN_INVALID, moves_of("M1", "٣")),
        (Reason.PAGE_TOKEN_INVALID, feed_from("1.99999999999999999999999")),
        (Reason.PAGE_TOKEN_INVALID, feed_from("99999999999999999999999.1")),
    ],
)
async def test_a_call_is_refused(spa: TierWorld, reason: Reason, ask: Ask) -> None:
    with pytest.raises(Refused) as refused:
        await ask(service(spa))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        ("DATE_MUST_BE_VALID", member("M2", birthday=NO_DAY)),
        ("DATE_MUST_NOT_BE_IN_FUTURE", member("M2", birthday=day_to_proto(date(2126, 1, 1)))),
        ("DATE_MUST_BE_VALID", member("M2", date(1969, 12, 31))),
    ],
)
def test_an_enrolment_is_refused(spa: TierWorld, reason: str, asked: member_pb2.Member) -> None:
    assert spa.enrol(asked) == [(reason, False)]


def test_members_may_be_born_before_the_first_day_that_anything_happens_on(spa: TierWorld) -> None:
    assert spa.enrol(member("M2", birthday=day_to_proto(date(1931, 5, 4)))) == [("", True)]
    assert spa.enrol(member("M3", date(1970, 1, 1))) == [("", True)]


def test_a_purchase_before_1970_is_refused(spa: TierWorld) -> None:
    [result] = spa.record(purchase("T1", "M1", date(1969, 12, 31), visits=1))
    assert reason_name(result.reason) == "DATE_MUST_BE_VALID"


@pytest.mark.parametrize(("second", "reason"), [(0, ""), (-1, "DATE_MUST_NOT_BE_IN_FUTURE")])
async def test_a_till_may_be_a_minute_ahead_of_midnight(spa: TierWorld, second: int, reason: str) -> None:
    minute_before_midnight = datetime(2025, 6, 1, 15, 59, tzinfo=UTC).timestamp() + second
    tier = service_at(spa, datetime.fromtimestamp(minute_before_midnight, UTC))
    asked = purchase("T1", "M1", date(2025, 6, 2), visits=1)
    answer = await tier.RecordActivities(
        tier_service_pb2.RecordActivitiesRequest(activities=[asked]), _NO_CONTEXT
    )
    assert [reason_name(result.reason) for result in answer.results] == [reason]


def application(
    policy: TierPolicy = POLICY, time_zone: str = PROGRAM.time_zone, since: date_pb2.Date | None = None
) -> tier_service_pb2.ApplyPolicyRequest:
    return tier_service_pb2.ApplyPolicyRequest(
        program=program_to_proto(replace(PROGRAM, time_zone=time_zone)),
        policy=policy_to_proto(policy),
        effective_from=since,
    )


async def rules_broken(world: TierWorld, asked: tier_service_pb2.ApplyPolicyRequest) -> set[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        await service(world).ApplyPolicy(asked, _NO_CONTEXT)
    return {(mistake.path, mistake.rule) for mistake in refused.value.mistakes}


@pytest.mark.parametrize("time_zone", ["Mars/Olympus", "", "Asia", "../etc", "x" * 5_000, "M\0"])
async def test_a_time_zone_that_does_not_exist_is_a_mistake(tier_world: TierWorld, time_zone: str) -> None:
    broken = await rules_broken(tier_world, application(time_zone=time_zone))
    assert {path for path, _ in broken} == {"program.time_zone"}


async def test_a_policy_in_force_from_30_february_is_a_mistake(spa: TierWorld) -> None:
    before = spa.snapshot()
    changed = with_sapphire(multiplier_bp=13_000)
    assert await rules_broken(spa, application(changed, since=NO_DAY)) == {("effective_from", "REQUIRED")}
    assert spa.snapshot() == before


async def test_the_policy_in_force_already_may_be_applied_for_any_day(spa: TierWorld) -> None:
    yesterday = day_to_proto(date(2025, 5, 31))
    assert not (await service(spa).ApplyPolicy(application(since=yesterday), _NO_CONTEXT)).changed


async def test_a_policy_applied_again_after_another_is_the_newest_revision(spa: TierWorld) -> None:
    assert spa.apply(with_sapphire(multiplier_bp=13_000)) == []
    assert spa.apply(POLICY) == []
    answer = await policy_as_of(day_to_proto(TODAY))(service(spa))
    assert answer.revision.number == 3
