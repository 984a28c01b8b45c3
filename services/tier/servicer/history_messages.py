"""Explanations of standings as messages."""

from dataclasses import asdict, fields
from datetime import UTC, datetime

import numpy as np

from carat.tier.v1 import history_pb2, move_pb2, policy_pb2
from services.kernel.calendar import NEVER
from services.tier.columns import Moves
from services.tier.policy import Policy
from services.tier.policy_document import Thresholds
from services.tier.policy_messages import thresholds_to_proto
from services.tier.recording.explaining import Explanation
from services.tier.rules.explaining import Gap
from services.tier.servicer.history_sentences import sentences_of
from services.tier.servicer.messages import day_message, move_messages, standing_message
from services.tier.servicer.revision_messages import revision_message


def explanation_message(
    explanation: Explanation, as_of: int, policy: Policy
) -> history_pb2.ExplainStandingResponse:
    """Everything that stands behind a standing; what there is not is absent."""
    kept, outlook = explanation.revision, explanation.outlook
    response = history_pb2.ExplainStandingResponse(
        standing=standing_message(explanation.view, as_of, policy),
        decided_by=_decided_by(explanation, policy),
        revision=None if kept is None else revision_message(kept.stored, kept.until),
        thresholds=_unless_nothing(explanation.entered_by),
        next_level=None if outlook.to_reach is None else _missing(outlook.to_reach, as_of),
        keep=None if outlook.to_keep is None else _missing(outlook.to_keep, as_of),
    )
    response.sentences.extend(sentences_of(response, outlook, policy.program))
    return response


def _decided_by(explanation: Explanation, policy: Policy) -> move_pb2.Move | None:
    if len(explanation.due):
        return _due_move(explanation.due, explanation.view.standing.member_id[0], policy)
    found = move_messages(explanation.entry, policy)
    return found[0] if found else None


def _due_move(due: Moves, member_id: str, policy: Policy) -> move_pb2.Move:
    """A move that fell due and is recorded when the member is settled next: it has no place in the feed yet."""
    decided = {field.name: getattr(due, field.name) for field in fields(due)}
    blank = ("cursor", "transaction_id", "run_id", "other_member_id")
    unknown = {name: np.array([""], dtype=object) for name in blank}
    still_to_be = {
        "member_id": np.array([member_id], dtype=object),
        "seq": np.zeros(1, dtype=np.int64),
        "recorded_at": np.array([datetime.fromtimestamp(0, UTC)], dtype=object),
    }
    [message] = move_messages({**decided, **unknown, **still_to_be}, policy)
    message.ClearField("recorded_at")
    return message


def _unless_nothing(thresholds: Thresholds) -> policy_pb2.Thresholds | None:
    return None if thresholds == Thresholds() else thresholds_to_proto(thresholds)


def _missing(gap: Gap, as_of: int) -> history_pb2.Missing:
    return history_pb2.Missing(
        level=gap.level.code,
        met=gap.met,
        **asdict(gap.missing),
        ways=thresholds_to_proto(gap.ways),
        by=day_message(gap.by),
        days_left=0 if gap.by == NEVER else max(gap.by - as_of, 0),
    )
