"""Applying a benefits policy: validated as a whole, numbered, effective-dated, never retroactive."""

from datetime import date

import pytest
from google.type import date_pb2

from carat.benefits.v1 import benefits_service_pb2 as pb
from carat.benefits.v1 import policy_pb2
from carat.tier.v1 import program_pb2
from services.runtime.program_messages import day_to_proto
from tests.benefits.world import (
    EXPRESS_FACIAL,
    LUXESPA,
    PROGRAM,
    TODAY,
    World,
    a_use,
    failure,
    july,
    mistakes_of,
)


def facials(quantity: int) -> policy_pb2.BenefitsPolicy:
    more = policy_pb2.AllowanceRule(quantity=quantity)
    rule = policy_pb2.AllowanceRule()
    rule.CopyFrom(EXPRESS_FACIAL)
    rule.MergeFrom(more)
    return policy_pb2.BenefitsPolicy(allowances=[rule])


async def numbers_in_force(world: World, *days: date) -> list[int]:
    requests = [pb.GetPolicyRequest(as_of=day_to_proto(day)) for day in days]
    return [(await world.benefits.GetPolicy(request)).revision.number for request in requests]


async def test_the_first_revision_is_in_force_since_ever(bare_world: World):
    applied = await bare_world.apply(LUXESPA)
    assert (applied.changed, applied.revision.number) == (True, 1)
    assert await numbers_in_force(bare_world, date(1, 1, 1), TODAY, date(9999, 12, 31)) == [1, 1, 1]
    told = await bare_world.benefits.GetPolicy(pb.GetPolicyRequest())
    assert (told.program, told.policy) == (PROGRAM, LUXESPA)


async def test_applying_the_same_again_changes_nothing(world: World):
    again = await world.apply(LUXESPA)
    assert (again.changed, again.revision.number) == (False, 1)
    yesterday = await world.apply(LUXESPA, effective_from=day_to_proto(july(14)))
    assert not yesterday.changed


async def test_validation_alone_records_nothing(world: World):
    would_be = await world.apply(facials(2), validate_only=True)
    assert (would_be.changed, would_be.revision.number) == (True, 2)
    assert await numbers_in_force(world, TODAY) == [1]


async def test_a_later_revision_is_in_force_from_its_day(world: World):
    await world.apply(facials(2), effective_from=day_to_proto(july(20)))
    assert await numbers_in_force(world, july(19), july(20)) == [1, 2]


async def test_a_new_quantity_holds_for_what_is_opened_after_it_and_not_for_what_is_open(world: World):
    await world.member_at("platinum", since=july(1))
    await world.apply(facials(2), effective_from=day_to_proto(july(15)))
    assert await world.allowances() == {"express-facial": "1 of 1"}
    assert await world.allowances(date(2026, 8, 1)) == {"express-facial": "2 of 2"}


async def test_what_is_open_stays_usable_when_its_rule_is_dropped(world: World):
    await world.member_at("platinum", since=july(1))
    await world.apply(policy_pb2.BenefitsPolicy())
    assert await world.remaining_after() == 0
    world.today_is(date(2026, 8, 1))
    assert await world.allowances() == {}
    assert (await world.refused(transaction_id="T2", on=date(2026, 8, 1))).reason == "ALLOWANCE_UNKNOWN"


async def test_another_length_of_period_begins_when_the_running_one_is_over(world: World):
    await world.member_at("platinum", since=july(1))
    rule = policy_pb2.AllowanceRule()
    rule.CopyFrom(EXPRESS_FACIAL)
    rule.period = policy_pb2.PERIOD_EVERY_14_DAYS
    rule.anchor.CopyFrom(day_to_proto(july(6)))
    await world.apply(policy_pb2.BenefitsPolicy(allowances=[rule]))
    await world.use(a_use())
    assert await world.allowances() == {"express-facial": "0 of 1"}
    assert (await world.refused(transaction_id="T2")).reason == "ALLOWANCE_EXHAUSTED"
    world.today_is(date(2026, 8, 1))
    assert await world.allowances() == {"express-facial": "1 of 1"}


async def test_every_mistake_is_told_with_its_field(world: World):
    wrong = policy_pb2.AllowanceRule(
        code="x", name="X", tier_system="luxespa", level="diamond", period=policy_pb2.PERIOD_MONTHLY
    )
    wrong.anchor.CopyFrom(day_to_proto(july(6)))
    error = await failure(
        world.apply(policy_pb2.BenefitsPolicy(allowances=[EXPRESS_FACIAL, EXPRESS_FACIAL, wrong]))
    )
    assert mistakes_of(error) == {
        "policy.allowances[1].code": "MUST_BE_UNIQUE",
        "policy.allowances[2].quantity": "OUT_OF_RANGE",
        "policy.allowances[2].anchor": "ANCHOR_MUST_FIT_PERIOD",
    }


@pytest.mark.parametrize("validate_only", [True, False])
async def test_an_empty_request_is_refused_with_its_fields_and_records_nothing(
    bare_world: World, validate_only
):
    error = await failure(
        bare_world.apply(LUXESPA, program=program_pb2.Program(), validate_only=validate_only)
    )
    assert "program.time_zone" in mistakes_of(error)
    assert (await bare_world.apply(LUXESPA)).revision.number == 1


@pytest.mark.parametrize(
    ("effective_from", "rule"),
    [
        (day_to_proto(july(14)), "MUST_NOT_BE_RETROACTIVE"),
        (date_pb2.Date(year=2026, month=2, day=31), "OUT_OF_RANGE"),
    ],
)
async def test_a_day_in_the_past_or_in_no_calendar_is_refused(world: World, effective_from, rule):
    error = await failure(world.apply(facials(2), effective_from=effective_from))
    assert mistakes_of(error) == {"effective_from": rule}


async def test_today_is_the_day_in_the_time_zone_of_the_program(world: World):
    """At 16:30 UTC it is the next day in Kuala Lumpur already."""
    object.__setattr__(world.clock, "fixed_now", world.clock.now().replace(hour=16, minute=30))
    assert (await world.apply(facials(2))).revision.effective_from == day_to_proto(july(16))
