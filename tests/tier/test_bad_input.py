"""Every refusal of the Tier service has its reason, and leaves everything as it was."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from google.type import date_pb2

from carat.tier.v1 import member_pb2, tier_service_pb2
from services.runtime.clock import Clock
from services.runtime.program_messages import day_to_proto, program_to_proto
from services.runtime.refusal import Refused
from services.tier.policy_messages import policy_to_proto
from services.tier.refusals import Reason
from services.tier.servicer import TierServicer
from tests.tier.policies import AUTOMATIC, POLICY, with_sapphire
from tests.tier.world import PROGRAM, Item, TierWorld, purchase, reason_name

TODAY = date(2025, 6, 1)
TOMORROW = date(2025, 6, 2)
JOINED = date(2024, 1, 10)
BOUGHT = date(2024, 3, 1)
KNOWN = purchase("T1", "M1", BOUGHT, spend_minor=10_000, visits=1, base_points=100)
Ask = Callable[[TierServicer], Awaitable[Any]]
_NO_CONTEXT = cast(Any, None)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 joined, and bought once."""
    tier_world.today = TODAY
    assert tier_world.apply(POLICY) == []
    assert tier_world.enrol(member("M1")) == [("", True)]
    assert [result.reason for result in tier_world.record(KNOWN)] == [0]
    return tier_world


def member(member_id: str, on: date | None = JOINED, **given: Any) -> member_pb2.Member:
    """A member to enrol; on no day that exists where `on` is None."""
    day = date_pb2.Date(year=2024, month=2, day=31) if on is None else day_to_proto(on)
    return member_pb2.Member(member_id=member_id, enrolled_on=day, **given)


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        ("MEMBER_ID_MUST_BE_PRINTABLE", member("")),
        ("MEMBER_ID_MUST_BE_PRINTABLE", member("M 2")),
        ("MEMBER_ID_MUST_BE_PRINTABLE", member("M2\n")),
        ("MEMBER_ID_MUST_BE_PRINTABLE", member("M" * 65)),
        ("TIER_SYSTEM_UNKNOWN", member("M2", tier_system="beta")),
        ("MEMBER_ALREADY_ENROLLED", member("M1", BOUGHT)),
        ("MEMBER_ALREADY_ENROLLED", member("M1", tier_system="game")),
        ("MEMBER_ALREADY_ENROLLED", member("M1", birthday=day_to_proto(date(1990, 1, 1)))),
        ("MEMBER_ALREADY_ENROLLED", member("M1", TOMORROW)),
        ("DATE_MUST_BE_VALID", member("M2", None)),
        ("DATE_MUST_NOT_BE_IN_FUTURE", member("M2", TOMORROW)),
    ],
)
def test_an_enrolment_is_refused(spa: TierWorld, reason: str, asked: member_pb2.Member) -> None:
    before = spa.snapshot()
    assert spa.enrol(asked) == [(reason, False)]
    assert spa.snapshot() == before


def test_an_enrolment_repeated_with_the_same_data_changes_nothing(spa: TierWorld) -> None:
    before = spa.snapshot()
    assert spa.enrol(member("M1")) == [("", False)]
    assert spa.enrol(member("M1", tier_system="spa")) == [("", False)]
    assert spa.snapshot() == before


def test_one_bad_enrolment_fails_none_of_its_neighbours(spa: TierWorld) -> None:
    asked = [member("M2"), member("M2"), member(""), member("M3", TOMORROW), member("M4")]
    assert spa.enrol(*asked) == [
        ("", True),
        ("DUPLICATE_IN_BATCH", False),
        ("MEMBER_ID_MUST_BE_PRINTABLE", False),
        ("DATE_MUST_NOT_BE_IN_FUTURE", False),
        ("", True),
    ]


def bought(transaction_id: str = "T2", member_id: str = "M1", on: date | None = BOUGHT, **given: Any) -> Item:
    """A purchase that is fine unless said otherwise."""
    return purchase(transaction_id, member_id, on, **given)


REFUSED_PURCHASES = [
    ("MEMBER_ID_MUST_BE_PRINTABLE", bought(member_id="")),
    ("MEMBER_ID_MUST_BE_PRINTABLE", bought(member_id="M 1")),
    ("MEMBER_ID_MUST_BE_PRINTABLE", bought(member_id="M" * 65)),
    ("TRANSACTION_ID_MUST_BE_PRINTABLE", bought("")),
    ("TRANSACTION_ID_MUST_BE_PRINTABLE", bought("T 2")),
    ("TRANSACTION_ID_MUST_BE_PRINTABLE", bought("T2\n")),
    ("TRANSACTION_ID_MUST_BE_PRINTABLE", bought("T" * 65)),
    ("MEMBER_UNKNOWN", bought(member_id="nobody")),
    ("PROPERTY_UNKNOWN", bought(property_id="kiosk")),
    ("AMOUNT_MUST_NOT_BE_NEGATIVE", bought(spend_minor=-1)),
    ("AMOUNT_MUST_NOT_BE_NEGATIVE", bought(visits=-1)),
    ("AMOUNT_MUST_NOT_BE_NEGATIVE", bought(base_micropoints=-1)),
    ("AMOUNT_ABOVE_LIMIT", bought(spend_minor=10**12 + 1)),
    ("AMOUNT_ABOVE_LIMIT", bought(base_micropoints=10**18 + 1)),
    ("DATE_MUST_BE_VALID", bought(on=None)),
    ("DATE_MUST_NOT_BE_IN_FUTURE", bought(on=TOMORROW)),
    ("DATE_BEFORE_ENROLMENT", bought(on=date(2024, 1, 9))),
    ("TRANSACTION_ID_REUSED", bought("T1")),
    ("TRANSACTION_ID_REUSED", bought("T1", spend_minor=10_000, visits=1, base_points=101)),
    ("TRANSACTION_ID_REUSED", bought("T1", spend_minor=10_001, visits=1, base_points=100)),
    ("TRANSACTION_ID_REUSED", bought("T1", spend_minor=10_000, visits=2, base_points=100)),
    ("TRANSACTION_ID_REUSED", bought("T1", spend_minor=10_000, visits=1, base_points=100, property_id="app")),
    (
        "TRANSACTION_ID_REUSED",
        bought("T1", on=date(2024, 3, 2), spend_minor=10_000, visits=1, base_points=100),
    ),
]


@pytest.mark.parametrize(("reason", "asked"), REFUSED_PURCHASES)
def test_a_purchase_is_refused(spa: TierWorld, reason: str, asked: Item) -> None:
    before = spa.snapshot()
    [result] = spa.record(asked)
    assert reason_name(result.reason) == reason
    assert spa.snapshot() == before


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        ("PROPERTY_UNKNOWN", bought(member_id="M2", on=TODAY, property_id="kiosk", spend_minor=-1)),
        ("AMOUNT_MUST_NOT_BE_NEGATIVE", bought(member_id="M2", spend_minor=-1, on=TOMORROW)),
        ("DATE_MUST_NOT_BE_IN_FUTURE", bought(member_id="M2", on=TOMORROW)),
        ("TRANSACTION_ID_REUSED", bought("T1", member_id="M2", on=TODAY)),
        ("MEMBER_UNKNOWN", bought(member_id="M2", on=date(2025, 5, 31))),
    ],
)
def test_a_refused_first_purchase_makes_no_member(spa: TierWorld, reason: str, asked: Item) -> None:
    assert spa.apply(AUTOMATIC, TODAY) == []
    before = spa.snapshot()
    [result] = spa.record(asked)
    assert reason_name(result.reason) == reason
    assert spa.snapshot() == before


def test_the_first_reason_in_the_order_of_the_contract_is_answered(spa: TierWorld) -> None:
    worst = bought("T1", "M1", TOMORROW, property_id="kiosk", spend_minor=-1)
    answers = []
    for mend in (
        lambda item: None,
        lambda item: item.ClearField("property_id"),
        lambda item: setattr(item, "qualifying_spend_minor", 10**12 + 1),
        lambda item: item.ClearField("qualifying_spend_minor"),
        lambda item: item.occurred_on.CopyFrom(day_to_proto(date(2024, 1, 9))),
        lambda item: item.occurred_on.CopyFrom(day_to_proto(BOUGHT)),
    ):
        mend(worst)
        answers.append(reason_name(spa.record(worst)[0].reason))
    assert answers == [
        "PROPERTY_UNKNOWN",
        "AMOUNT_MUST_NOT_BE_NEGATIVE",
        "AMOUNT_ABOVE_LIMIT",
        "DATE_MUST_NOT_BE_IN_FUTURE",
        "DATE_BEFORE_ENROLMENT",
        "TRANSACTION_ID_REUSED",
    ]


def test_one_bad_purchase_fails_none_of_its_neighbours(spa: TierWorld) -> None:
    results = spa.record(
        bought("T2", visits=1),
        bought("T2", visits=1),
        bought("T3", member_id="nobody"),
        KNOWN,
        bought("T4", visits=1),
    )
    assert [reason_name(result.reason) for result in results] == [
        "",
        "DUPLICATE_IN_BATCH",
        "MEMBER_UNKNOWN",
        "",
        "",
    ]
    assert [result.treatment_ordinal for result in results] == [2, 0, 0, 1, 3]
    assert [result.replayed for result in results] == [False, False, False, True, False]


def too_many_members(servicer: TierServicer) -> Awaitable[Any]:
    request = tier_service_pb2.BatchEnrollMembersRequest(members=[member("M2")] * 10_001)
    return servicer.BatchEnrollMembers(request, _NO_CONTEXT)


def too_many_activities(servicer: TierServicer) -> Awaitable[Any]:
    request = tier_service_pb2.RecordActivitiesRequest(activities=[bought()] * 1_001)
    return servicer.RecordActivities(request, _NO_CONTEXT)


def applies_a_bad_policy(servicer: TierServicer) -> Awaitable[Any]:
    request = tier_service_pb2.ApplyPolicyRequest(
        program=program_to_proto(PROGRAM), policy=policy_to_proto(with_sapphire(multiplier_bp=9_999))
    )
    return servicer.ApplyPolicy(request, _NO_CONTEXT)


def standing_of(member_id: str, as_of: date) -> Ask:
    request = tier_service_pb2.GetStandingRequest(member_id=member_id, as_of=day_to_proto(as_of))
    return lambda servicer: servicer.GetStanding(request, _NO_CONTEXT)


def moves_of(member_id: str, token: str) -> Ask:
    request = tier_service_pb2.ListMovesRequest(member_id=member_id, page_token=token)
    return lambda servicer: servicer.ListMoves(request, _NO_CONTEXT)


def feed_from(cursor: str) -> Ask:
    request = tier_service_pb2.ReadMoveFeedRequest(cursor=cursor)
    return lambda servicer: servicer.ReadMoveFeed(request, _NO_CONTEXT)


REFUSED_CALLS: list[tuple[Reason, Ask]] = [
    (Reason.BATCH_TOO_LARGE, too_many_members),
    (Reason.BATCH_TOO_LARGE, too_many_activities),
    (Reason.POLICY_INVALID, applies_a_bad_policy),
    (Reason.MEMBER_UNKNOWN, standing_of("nobody", TODAY)),
    (Reason.MEMBER_UNKNOWN, moves_of("nobody", "")),
    (Reason.PAGE_TOKEN_INVALID, moves_of("M1", "garbage")),
    (Reason.PAGE_TOKEN_INVALID, moves_of("M1", "9" * 30)),
    (Reason.PAGE_TOKEN_INVALID, feed_from("garbage")),
]


@pytest.mark.parametrize(("reason", "ask"), REFUSED_CALLS)
async def test_a_call_is_refused(spa: TierWorld, reason: Reason, ask: Ask) -> None:
    before = spa.snapshot()
    with pytest.raises(Refused) as refused:
        await ask(_servicer(spa))
    assert refused.value.reason == reason
    assert spa.snapshot() == before


@pytest.mark.parametrize("ask", [standing_of("M1", TODAY), moves_of("M1", "")])
async def test_nothing_can_be_asked_before_a_policy_is_applied(tier_world: TierWorld, ask: Ask) -> None:
    with pytest.raises(Refused) as refused:
        await ask(_servicer(tier_world))
    assert refused.value.reason == Reason.POLICY_REQUIRED


def _servicer(world: TierWorld) -> TierServicer:
    return TierServicer(world.database, Clock(datetime(2025, 6, 1, 4, tzinfo=UTC)))
