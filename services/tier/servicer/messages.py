"""Standings, moves and activities between protobuf and columns; translation only."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

import numpy as np
from google.type import date_pb2

from carat.tier.v1 import member_pb2, move_pb2, standing_pb2, tier_service_pb2
from services.kernel.calendar import NEVER, day_date, day_number
from services.kernel.exact import ONE_BP
from services.kernel.shards import shard_of
from services.runtime.database import Fetched
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.tier.columns import NO_SYSTEM, Activities
from services.tier.policy import Policy
from services.tier.policy_arrays import keep_thresholds
from services.tier.policy_messages import thresholds_to_proto
from services.tier.recording.answers import ActivityAnswers
from services.tier.recording.enrolment import NO_SUCH_DAY
from services.tier.recording.viewing import View
from services.tier.rules.review import next_review
from services.tier.store.members import Members


def day_of(message: date_pb2.Date) -> int:
    """The day as a number; NEVER where no calendar has it."""
    day = day_from_proto(message)
    return NEVER if day is None else day_number(day)


def reckoned_day_of(message: date_pb2.Date) -> int:
    """The same for what members do: nothing of that happened before 1970, with which the numbers of days begin."""
    day = day_of(message)
    return NEVER if day < 0 else day


def day_message(day: int) -> date_pb2.Date | None:
    """The day as a message; None where there is none."""
    return None if day == NEVER else day_to_proto(day_date(day))


def activities_of(items: Sequence[tier_service_pb2.ActivityItem], policy: Policy) -> Activities:
    """The activities of a request as columns."""
    occurred_on = np.array([reckoned_day_of(item.occurred_on) for item in items], dtype=np.int32)
    return Activities(
        transaction_id=np.array([item.transaction_id for item in items], dtype=object),
        member_id=np.array([item.member_id for item in items], dtype=object),
        occurred_on=occurred_on,
        property=policy.property_numbers([item.property_id for item in items], occurred_on),
        base_micropoints=np.array([item.base_micropoints for item in items], dtype=np.int64),
        package_micropoints=np.array([item.package_micropoints for item in items], dtype=np.int64),
        spend=np.array([item.qualifying_spend_minor for item in items], dtype=np.int64),
        visits=np.array([item.visits for item in items], dtype=np.int64),
    )


def activity_results(answers: ActivityAnswers, policy: Policy) -> list[tier_service_pb2.ActivityResult]:
    """The answers to activities, in their order."""
    priced = answers.priced
    columns = zip(
        answers.reason.tolist(), priced.points.tolist(), priced.level_bp.tolist(), priced.birthday_bp.tolist(),
        priced.property_bp.tolist(), priced.package_bonus_bp.tolist(),
        answers.system.tolist(), priced.level.tolist(), priced.ordinal.tolist(), priced.revision.tolist(),
        priced.move_reason.tolist(), priced.level_after.tolist(), answers.replayed.tolist(), strict=True,
    )  # fmt: skip
    return [
        tier_service_pb2.ActivityResult(reason=reason)
        if reason
        else tier_service_pb2.ActivityResult(
            points=points,
            level_multiplier_bp=level_bp,
            birthday_multiplier_bp=birthday_bp,
            property_multiplier_bp=property_bp,
            package_bonus_bp=bonus_bp,
            tier_system="" if system == NO_SYSTEM else policy.system_ids[system],
            level=policy.level_code(system, level),
            treatment_ordinal=ordinal,
            revision=revision,
            move_reason=move_reason,
            level_after=policy.level_code(system, level_after),
            replayed=replayed,
        )
        for reason, points, level_bp, birthday_bp, property_bp, bonus_bp, system, level, ordinal, revision,
            move_reason, level_after, replayed in columns
    ]  # fmt: skip


def members_of(messages: Sequence[member_pb2.Member], today: int) -> Members:
    """The members of a request as columns; enrolled today where no day is given."""
    return Members(
        shard=shard_of(message.member_id for message in messages),
        member_id=np.array([message.member_id for message in messages], dtype=object),
        enrolled_on=np.array(
            [
                reckoned_day_of(message.enrolled_on) if message.HasField("enrolled_on") else today
                for message in messages
            ],
            dtype=np.int32,
        ),
        tier_system=np.array([message.tier_system for message in messages], dtype=object),
        birthday=np.array([birthday_of(message) for message in messages], dtype=np.int32),
        merged_into=np.full(len(messages), "", dtype=object),
        erased_on=np.full(len(messages), NEVER, dtype=np.int32),
    )


def birthday_of(message: member_pb2.Member) -> int:
    """The date of birth; NEVER where none is given, NO_SUCH_DAY where no calendar has it."""
    if not message.HasField("birthday"):
        return NEVER
    day = day_of(message.birthday)
    return NO_SUCH_DAY if day == NEVER else day


def member_message(members: Members, row: int) -> member_pb2.Member:
    """One member as a message."""
    return member_pb2.Member(
        member_id=members.member_id[row],
        enrolled_on=day_message(int(members.enrolled_on[row])),
        tier_system=members.tier_system[row],
        birthday=day_message(int(members.birthday[row])),
        merged_into=members.merged_into[row],
        erased_on=day_message(int(members.erased_on[row])),
    )


def move_messages(fetched: Fetched, policy: Policy) -> list[move_pb2.Move]:
    """Moves as messages, in the order fetched."""
    names = list(fetched)
    rows = zip(*(column.tolist() for column in fetched.values()), strict=True)
    return [_move(dict(zip(names, row, strict=True)), policy) for row in rows]


def _move(row: dict[str, Any], policy: Policy) -> move_pb2.Move:
    system = row["system"]
    message = move_pb2.Move(
        cursor=row["cursor"],
        member_id=row["member_id"],
        effective_on=day_message(row["effective_on"]),
        tier_system="" if system == NO_SYSTEM else policy.system_ids[system],
        from_level=policy.level_code(system, row["from_level"]),
        to_level=policy.level_code(system, row["to_level"]),
        from_rank=row["from_rank"],
        to_rank=row["to_rank"],
        reason=move_pb2.MoveReason.Name(row["reason"]),
        revision=row["revision"],
        counted_spend_minor=row["spend"],
        counted_visits=row["visits"],
        counted_points=row["points"],
        grace_until=day_message(row["grace_until"]),
        transaction_id=row["transaction_id"],
        run_id=row["run_id"],
        sequence=row["seq"],
        level_since=day_message(row["level_since"]),
        locked_until=day_message(row["locked_until"]),
        touchpoint=row["touchpoint"],
        other_member_id=row["other_member_id"],
    )
    message.recorded_at.FromDatetime(row["recorded_at"].astimezone(UTC))
    return message


def standing_message(view: View, as_of: int, policy: Policy) -> standing_pb2.Standing:
    """A member's standing with the numbers behind it and what is missing."""
    standing = view.standing
    number, in_grace = int(standing.system[0]), standing.grace_until[0] != NEVER
    locked_until = int(standing.kept_until[0])
    message = standing_pb2.Standing(
        member=member_message(view.member, 0),
        as_of=day_message(as_of),
        level_since=day_message(int(standing.level_since[0])),
        counted=standing_pb2.Activity(
            spend_minor=int(standing.spend[0]), visits=int(standing.visits[0]), points=int(standing.points[0])
        ),
        counted_from=day_message(int(standing.counted_from[0])),
        lifetime_treatments=int(standing.treatments[0]),
        lifetime_since=day_message(int(standing.lifetime_since[0])),
        inactive_since=day_message(int(standing.inactive_since[0])),
        locked_until=day_message(locked_until) if locked_until > as_of else None,
        latest_moves=move_messages(view.moves, policy),
    )
    if in_grace:
        message.grace.CopyFrom(_grace(int(standing.grace_from[0]), int(standing.grace_until[0])))
    if number != NO_SYSTEM:
        _add_ladder(message, policy, number, int(standing.level[0]), as_of)
        _add_next_review(message, policy, view, as_of)
    return message


def _grace(since: int, until: int) -> standing_pb2.Grace:
    message = standing_pb2.Grace(until=day_message(until))
    getattr(message, "from").CopyFrom(day_to_proto(day_date(since)))
    return message


def _add_ladder(message: standing_pb2.Standing, policy: Policy, number: int, level: int, as_of: int) -> None:
    revision = int(policy.revision_on(np.array([as_of], dtype=np.int32))[0])
    external_id = policy.system_ids[number]
    system = next(item for item in policy.documents[revision].systems if item.external_id == external_id)
    rank = int(policy.ladders.rank_of[revision, number, level])
    message.tier_system = external_id
    message.level = policy.level_code(number, level)
    message.rank = rank
    message.multiplier_bp = (
        int(policy.ladders.multiplier_bp[revision, number, level]) if system.active else ONE_BP
    )
    keep = keep_thresholds(system, system.levels[rank], rank)
    if keep.spend_minor or keep.visits or keep.points:
        message.keep.CopyFrom(thresholds_to_proto(keep))
    if rank + 1 < len(system.levels):
        message.next_level = system.levels[rank + 1].code
        message.next_entry.CopyFrom(thresholds_to_proto(system.levels[rank + 1].entry))


def _add_next_review(message: standing_pb2.Standing, policy: Policy, view: View, as_of: int) -> None:
    kept_until = int(view.standing.kept_until[0])
    after = as_of if kept_until == NEVER else max(as_of, kept_until - 1)
    reset = int(policy.next_reset(view.standing.system, np.array([after], dtype=np.int32))[0])
    review = int(next_review(view.standing, policy)[0])
    first = min(reset if message.rank > 0 else NEVER, review)
    if first != NEVER:
        message.next_review.CopyFrom(day_to_proto(day_date(first)))


def level_counts(
    counts: dict[tuple[int, int], tuple[int, int, int]], policy: Policy, today: int
) -> list[tier_service_pb2.LevelCount]:
    """Members of each system and level of the policy in force, lowest first, empty levels included."""
    result: list[tier_service_pb2.LevelCount] = []
    for system in policy.document_on(today).systems:
        number = policy.system_ids.index(system.external_id)
        for rank, level in enumerate(system.levels):
            held = (number, policy.level_codes[number].index(level.code))
            members, in_grace, inactive = counts.get(held, (0, 0, 0))
            result.append(
                tier_service_pb2.LevelCount(
                    tier_system=system.external_id,
                    level=level.code,
                    rank=rank,
                    members=members,
                    in_grace=in_grace,
                    inactive=inactive,
                )
            )
    return result
