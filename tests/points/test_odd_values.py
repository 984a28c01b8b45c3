"""Whatever a caller sends is answered or refused with a reason: no call of the service fails for what it was sent."""

import random
from collections.abc import Iterator
from typing import Any, Final

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import policy_pb2
from tests.points.acts import adjusted, enrolled, founded, member, policy, pool, transferred
from tests.points.redeeming import HUNDREDS, authorise, earned, redeem
from tests.points.world import World, reason_of

METHODS: Final[list[MethodDescriptor]] = list(pb.DESCRIPTOR.services_by_name["PointsService"].methods)
STRANGE: Final = (
    *("", "\0", "\n", " ", "a b", "x" * 65, "é" * 64, "😀", "\u202e", "pool P1", "';--", "%", "1.2", "-1"),
    *("\ufeff", "a\u0301", "𝟙𝟚", "٣.٤", "²", str(2**64)),
)
MEMBERS: Final = ("M1", "M1", "M2", "M3")
PLAUSIBLE: Final[dict[str, tuple[Any, ...]]] = {
    **dict.fromkeys(("member_id", "on_behalf_of", "referrer_id", "friend_id"), MEMBERS),
    "pool_id": ("P1", "P1", "P2", ""),
    "redemption_id": ("R1", "H1", "new"),
    "currency": ("MYR", ""),
    "transaction_id": ("earned-M1-500", "new"),
    "actor_id": ("anna",),
    "note": ("spilt oil",),
    "year": (2026, 2025, 1970, 9_999),
    "month": (7, 2, 12),
    "day": (15, 28, 1),
    "nanos": (0, 999),
    "seconds": (1_784_000_000, 1_700_000_000, 0),
    "property_id": ("",),
    "page_token": ("", "1"),
    "treatments": (0, 1),
    "points": (100, 300, 0, 10**12),
    "page_size": (0, 1, 1_001),
    "code": ("LUXESPA-PRIVILEGE",),
    "time_zone": ("Asia/Kuala_Lumpur",),
    "months": (12, 1),
}
DAYS: Final = (-1, 0, 1, 13, 29, 31, 1_969, 10_000)
WHOLE: Final = {
    FieldDescriptor.TYPE_INT32: (100, 2**31 - 1, -(2**31), *DAYS),
    FieldDescriptor.TYPE_INT64: (100, 10**12, 10**12 + 1, 2**63 - 1, -(2**63), *DAYS),
}
ROUNDS: Final = 60


@pytest.fixture
async def world(bare_world: World) -> World:
    """A program with everything in use: M1 has points, a pool, a payment and one under way."""
    expiry = policy_pb2.Expiry(mode="EXPIRY_MODE_AFTER_INACTIVITY", months=12, reinstatement_days=30)
    await bare_world.apply(policy(expiry=expiry, redeeming=HUNDREDS, adjustment_limit=10**12, holding_days=1))
    await enrolled(bare_world, "M1", "M2")
    await adjusted(bare_world, 1_000)
    await earned(bare_world, 500)
    await founded(bare_world)
    await transferred(bare_world, member("M1"), pool("P1"), 300)
    await redeem(bare_world, "R1", points=100)
    await authorise(bare_world, "H1", points=100)
    return bare_world


def odd(message: Message, chance: random.Random, depth: int = 0) -> Message:
    """The message with odd values in most of its fields."""
    for field in message.DESCRIPTOR.fields:
        if chance.random() < 0.1 or (depth > 4 and field.message_type):
            continue
        several = chance.randrange(3) if field.is_repeated else 1
        for _ in range(several):
            _give(message, field, chance, depth)
    return message


def _give(message: Message, field: Any, chance: random.Random, depth: int) -> None:
    repeated = getattr(message, field.name) if field.is_repeated else None
    if field.message_type is not None:
        inner = repeated.add() if repeated is not None else getattr(message, field.name)
        inner.SetInParent()
        odd(inner, chance, depth + 1)
        return
    value = _value(field, chance)
    if repeated is not None:
        repeated.append(value)
    else:
        setattr(message, field.name, value)


def _value(field: Any, chance: random.Random) -> Any:
    if chance.random() < 0.8 and (field.name in PLAUSIBLE or field.name.endswith(("_id", "_minor"))):
        return chance.choice(
            PLAUSIBLE.get(field.name, ("new", "newer") if field.name.endswith("_id") else (0, 100))
        )
    if field.type == FieldDescriptor.TYPE_STRING:
        return chance.choice(STRANGE)
    if field.type == FieldDescriptor.TYPE_ENUM:
        return chance.choice([0, 1, 2, 99, -1])
    if field.type == FieldDescriptor.TYPE_BOOL:
        return chance.random() < 0.5
    return chance.choice(WHOLE[field.type])


def requests(method: MethodDescriptor) -> Iterator[Message]:
    """The empty request, and many odd ones, the same in every run."""
    chance = random.Random(method.name)
    yield GetMessageClass(method.input_type)()
    for _ in range(ROUNDS):
        yield odd(GetMessageClass(method.input_type)(), chance)


async def outcome_of(world: World, method: MethodDescriptor, request: Message) -> grpc.aio.AioRpcError | None:
    """The refusal of a call; None: it was answered."""
    call = getattr(world.points, method.name)(request)
    try:
        if not method.server_streaming:
            await call
            return None
        async for _ in call:
            pass
    except grpc.aio.AioRpcError as error:
        return error
    return None


@pytest.mark.parametrize("method", METHODS, ids=[method.name for method in METHODS])
async def test_whatever_is_sent_is_answered_or_refused_with_a_reason(
    world: World, method: MethodDescriptor
) -> None:
    for request in requests(method):
        refusal = await outcome_of(world, method, request)
        if refusal is not None:
            assert refusal.code() not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL), request
            assert reason_of(refusal), request
    assert await world.broken_promises() == []
