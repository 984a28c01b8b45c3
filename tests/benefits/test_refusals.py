"""Every reason of BenefitsReason, told over gRPC with what is missing, and leaving everything as it was."""

import grpc
import pytest
from google.type import date_pb2

from carat.benefits.v1 import benefits_service_pb2 as pb
from carat.benefits.v1 import policy_pb2
from tests.benefits.world import RM, World, a_use, error_info, failure, july

NO_SUCH_DAY = date_pb2.Date(year=2026, month=2, day=31)


async def assert_untouched(world: World):
    assert await world.allowances() == {"express-facial": "1 of 1"}
    assert await world.broken_promises() == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"transaction_id": ""}, "TRANSACTION_ID_MUST_BE_PRINTABLE"),
        ({"transaction_id": "T 1"}, "TRANSACTION_ID_MUST_BE_PRINTABLE"),
        ({"transaction_id": "T" * 65}, "TRANSACTION_ID_MUST_BE_PRINTABLE"),
        ({"member_id": "a b"}, "MEMBER_ID_MUST_BE_PRINTABLE"),
        ({"member_id": "\x00"}, "MEMBER_ID_MUST_BE_PRINTABLE"),
        ({"quantity": 0}, "QUANTITY_MUST_BE_POSITIVE"),
        ({"quantity": -1}, "QUANTITY_MUST_BE_POSITIVE"),
        ({"value_minor": -1}, "VALUE_MUST_NOT_BE_NEGATIVE"),
        ({"used_on": NO_SUCH_DAY}, "DATE_MUST_BE_VALID"),
        ({"on": july(16)}, "DATE_MUST_NOT_BE_IN_FUTURE"),
        ({"member_id": "nobody"}, "MEMBER_UNKNOWN"),
        ({"code": "helicopter"}, "ALLOWANCE_UNKNOWN"),
        ({"code": "\x00"}, "ALLOWANCE_UNKNOWN"),
        ({"code": "treatment"}, "LEVEL_REQUIRED"),
        ({"on": july(1).replace(year=2025)}, "PERIOD_NOT_OPEN"),
        ({"quantity": 2}, "COMBINATION_NOT_ALLOWED"),
        ({"value_minor": 151 * RM}, "VALUE_ABOVE_LIMIT"),
    ],
)
async def test_a_use_is_refused_for_its_own_reason(world: World, changed, reason):
    await world.member_at("platinum")
    assert (await world.refused(**changed)).reason == reason
    await assert_untouched(world)


async def test_the_first_reason_in_precedence_is_told(world: World):
    await world.member_at("platinum")
    wrong = {"code": "helicopter", "quantity": 0, "value_minor": -1, "on": july(16)}
    assert (await world.refused(transaction_id="", member_id="", **wrong)).reason == (
        "TRANSACTION_ID_MUST_BE_PRINTABLE"
    )
    assert (await world.refused(**wrong)).reason == "QUANTITY_MUST_BE_POSITIVE"
    assert (await world.refused(quantity=2, value_minor=400 * RM)).reason == "COMBINATION_NOT_ALLOWED"


async def test_a_missing_level_is_named(world: World):
    await world.member_at("sapphire")
    refused = await world.refused()
    assert refused.reason == "LEVEL_REQUIRED"
    assert dict(refused.metadata) == {"level_required": "platinum", "level_held": "sapphire"}


async def test_an_exhausted_allowance_tells_what_is_left_of_which_period(world: World):
    await world.member_at("diamond")
    await world.use(a_use("treatment", "T1"))
    refused = await world.refused("treatment", "T2", quantity=2)
    assert refused.reason == "ALLOWANCE_EXHAUSTED"
    assert dict(refused.metadata) == {
        "remaining": "1",
        "quantity": "2",
        "period_start": "2026-07-06",
        "period_end": "2026-07-20",
    }


async def test_a_value_above_the_limit_tells_the_limit(world: World):
    await world.member_at("platinum")
    refused = await world.refused(value_minor=151 * RM)
    assert dict(refused.metadata) == {"value_limit_minor": "15000", "value_minor": "15100"}


async def test_the_largest_numbers_of_the_contract_do_not_overflow(world: World):
    await world.member_at("diamond")
    most = {"quantity": 2**31 - 1, "value_minor": 2**63 - 1}
    assert (await world.refused("treatment", **most)).reason == "ALLOWANCE_EXHAUSTED"
    assert (await world.refused("treatment", value_minor=2**63 - 1)).reason == "VALUE_ABOVE_LIMIT"


async def test_a_call_before_any_policy_is_refused(bare_world: World):
    assert (await bare_world.refused()).reason == "POLICY_REQUIRED"
    for call in (
        bare_world.benefits.ListAllowances(pb.ListAllowancesRequest(member_id="amy")),
        bare_world.benefits.GetPolicy(pb.GetPolicyRequest()),
    ):
        error = await failure(call)
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert error_info(error).reason == "POLICY_REQUIRED"


async def test_a_batch_of_more_than_1000_is_refused_as_a_whole(world: World):
    await world.member_at("platinum")
    uses = [a_use(transaction_id=f"T{number}") for number in range(1_001)]
    error = await failure(world.benefits.BatchUseAllowances(pb.BatchUseAllowancesRequest(uses=uses)))
    assert error_info(error).reason == "BATCH_TOO_LARGE"
    await assert_untouched(world)
    assert (await world.reasons(*uses[:1_000])).count("") == 1


async def test_a_transaction_twice_in_a_batch_counts_once(world: World):
    await world.member_at("diamond")
    assert await world.reasons(a_use("treatment"), a_use("treatment")) == ["", "DUPLICATE_IN_BATCH"]
    assert await world.allowances() == {"treatment": "1 of 2"}


async def test_a_bad_item_of_a_batch_does_not_fail_its_neighbours(world: World):
    await world.member_at("platinum")
    await world.member_at("diamond", member_id="ben")
    results = await world.reasons(
        a_use(transaction_id="T1", quantity=0),
        a_use(transaction_id="T2"),
        a_use(transaction_id="T3"),
        a_use("treatment", "T4", member_id="ben", value_minor=301 * RM),
        a_use("treatment", "T5", member_id="ben", quantity=2),
        a_use("treatment", "T6", member_id="nobody"),
    )
    assert results == [
        "QUANTITY_MUST_BE_POSITIVE",
        "",
        "ALLOWANCE_EXHAUSTED",
        "VALUE_ABOVE_LIMIT",
        "",
        "MEMBER_UNKNOWN",
    ]


async def test_a_single_use_without_a_day_is_of_today_but_a_batch_needs_days(world: World):
    await world.member_at("platinum")
    undated = a_use(used_on=None)
    assert await world.reasons(undated) == ["DATE_MUST_BE_VALID"]
    assert (await world.use(undated)).remaining == 0
    world.today_is(july(16))
    repeated = await world.use(undated)
    assert (repeated.remaining, repeated.replayed) == (0, True)


async def test_a_repeated_use_gets_its_first_answer_for_ever(world: World):
    await world.member_at("diamond")
    first = await world.use(a_use("treatment", "T1"))
    await world.use(a_use("treatment", "T2"))
    await world.moved("diamond", "platinum", july(15))
    world.today_is(july(31))
    again = await world.use(a_use("treatment", "T1"))
    assert (first.remaining, first.replayed, again.remaining, again.replayed) == (1, False, 1, True)


@pytest.mark.parametrize(
    "changed", [{"quantity": 2}, {"value_minor": 1}, {"code": "x"}, {"member_id": "ben"}]
)
async def test_a_transaction_id_stands_for_one_use_only(world: World, changed):
    await world.member_at("diamond")
    await world.member_at("diamond", member_id="ben")
    await world.use(a_use("treatment"))
    use = a_use(**({"code": "treatment"} | changed))
    assert error_info(await failure(world.use(use))).reason == "TRANSACTION_ID_REUSED"
    assert await world.allowances() == {"treatment": "1 of 2"}


async def test_a_refused_use_does_not_hold_its_transaction_id(world: World):
    await world.member_at("platinum")
    assert (await world.refused(value_minor=151 * RM)).reason == "VALUE_ABOVE_LIMIT"
    assert await world.remaining_after(value_minor=150 * RM) == 0


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (pb.ListAllowancesRequest(member_id=""), "MEMBER_ID_MUST_BE_PRINTABLE"),
        (pb.ListAllowancesRequest(member_id="nobody"), "MEMBER_UNKNOWN"),
        (pb.ListAllowancesRequest(member_id="amy", as_of=NO_SUCH_DAY), "DATE_MUST_BE_VALID"),
    ],
)
async def test_a_listing_is_refused_for_its_own_reason(world: World, request_, reason):
    await world.member_at("platinum")
    assert error_info(await failure(world.benefits.ListAllowances(request_))).reason == reason


async def test_an_invalid_policy_is_refused(world: World):
    error = await failure(world.apply(policy_pb2.BenefitsPolicy(allowances=[policy_pb2.AllowanceRule()])))
    assert error_info(error).reason == "POLICY_INVALID"
