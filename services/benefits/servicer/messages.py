"""Uses, allowances and revisions between protobuf and columns; translation only."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import numpy as np

from carat.benefits.v1 import allowance_pb2, benefits_service_pb2, errors_pb2
from carat.tier.v1 import program_pb2
from services.benefits.columns import Allowances, UseDecisions, Uses, texts
from services.benefits.policy import Policies
from services.benefits.store.verification import HolderCount, Verdict
from services.kernel.calendar import NEVER, day_date, day_number
from services.kernel.shards import shard_of
from services.runtime.program_messages import day_from_proto, day_to_proto

_HASH_BYTES: Final = 16


def uses_of(messages: Sequence[allowance_pb2.AllowanceUse], *, undated: int) -> Uses:
    """The uses of a request as columns; `undated` stands for the day where a use names none."""
    members = [message.member_id for message in messages]
    return Uses(
        transaction_id=texts([message.transaction_id for message in messages]),
        payload_hash=texts([_hash_of(message) for message in messages]),
        shard=shard_of(members),
        member_id=texts(members),
        code=texts([message.code for message in messages]),
        used_on=np.array([_day(message, undated) for message in messages], dtype=np.int32),
        quantity=np.array([message.quantity for message in messages], dtype=np.int32),
        value_minor=np.array([message.value_minor for message in messages], dtype=np.int64),
    )


def use_results(decided: UseDecisions) -> list[benefits_service_pb2.UseResult]:
    """The results of a batch in its order."""
    rows = zip(decided.reason.tolist(), decided.remaining.tolist(), decided.replayed.tolist(), strict=True)
    return [
        benefits_service_pb2.UseResult(
            reason=errors_pb2.BenefitsReason.Name(reason), remaining=remaining, replayed=replayed
        )
        for reason, remaining, replayed in rows
    ]


def allowance_messages(shown: Allowances, policies: Policies) -> list[allowance_pb2.Allowance]:
    """Allowances as members see them."""
    return [
        allowance_pb2.Allowance(
            code=shown.code[row],
            name=policies.name_of(shown.code[row], shown.level[row]),
            period_start=day_to_proto(day_date(shown.period_start[row])),
            period_end=day_to_proto(day_date(shown.period_end[row])),
            granted=shown.granted[row],
            used=shown.used[row],
            value_limit_minor=shown.value_limit_minor[row],
            combinable=shown.combinable[row],
            level=shown.level[row],
            closed=bool(shown.closed_on[row] != NEVER),
        )
        for row in range(len(shown))
    ]


def revision_message(number: int, effective_from: int, digest: str) -> program_pb2.Revision:
    """A revision as a message."""
    since = day_to_proto(day_date(effective_from))
    return program_pb2.Revision(number=number, effective_from=since, digest=digest)


def verdict_message(
    verdict: Verdict, holders: Sequence[HolderCount]
) -> benefits_service_pb2.VerifyAllowancesResponse:
    """One check's answer."""
    return benefits_service_pb2.VerifyAllowancesResponse(
        promise=verdict.promise,
        checked=verdict.checked,
        breaches=verdict.breaches,
        members=verdict.members,
        holders=[
            benefits_service_pb2.HolderCount(
                tier_system=count.tier_system, level=count.level, members=count.members
            )
            for count in holders
        ],
    )


def _day(message: allowance_pb2.AllowanceUse, undated: int) -> int:
    if not message.HasField("used_on"):
        return undated
    day = day_from_proto(message.used_on)
    return NEVER if day is None else day_number(day)


def _hash_of(message: allowance_pb2.AllowanceUse) -> bytes:
    """Of what was said, so that a use without a day is the same use when it is repeated after midnight."""
    day = (message.used_on.year, message.used_on.month, message.used_on.day)
    said = (message.member_id, message.code, day, message.quantity, message.value_minor)
    return blake2b(repr(said).encode(), digest_size=_HASH_BYTES).digest()
