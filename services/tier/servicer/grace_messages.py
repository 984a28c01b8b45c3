"""Times of grace as messages; translation only."""

from dataclasses import asdict

from carat.tier.v1 import history_pb2, move_pb2, policy_pb2
from services.tier.policy import Policy
from services.tier.rules.graces import TimeOfGrace, TouchpointHistory, touchpoint_history
from services.tier.servicer.messages import day_message


def grace_record(time: TimeOfGrace, policy: Policy) -> history_pb2.GraceRecord:
    """One time of grace with its touchpoints."""
    return history_pb2.GraceRecord(
        tier_system=policy.system_ids[time.system],
        level=policy.level_code(time.system, time.level),
        entered_on=day_message(time.entered_on),
        until=day_message(time.until),
        ended_on=day_message(time.ended_on),
        ended_by=move_pb2.MoveReason.Name(time.ended_by),
        touchpoints=[_touchpoint(touchpoint) for touchpoint in touchpoint_history(time, policy)],
    )


def _touchpoint(history: TouchpointHistory) -> history_pb2.TouchpointRecord:
    return history_pb2.TouchpointRecord(
        touchpoint=policy_pb2.Touchpoint(**asdict(history.touchpoint)),
        due_on=day_message(history.due_on),
        state=history_pb2.TouchpointState.Name(history.state),
    )
