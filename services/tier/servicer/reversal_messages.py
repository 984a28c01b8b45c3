"""Reversals between protobuf and columns; translation only."""

from collections.abc import Sequence

import numpy as np

from carat.tier.v1 import reversal_pb2
from services.tier.policy import Policy
from services.tier.recording.reversals import ReversalAnswers
from services.tier.rules.reversals import Reversals
from services.tier.servicer.messages import reckoned_day_of


def reversals_of(items: Sequence[reversal_pb2.ReversalItem]) -> Reversals:
    """The reversals of a request as columns."""
    return Reversals(
        reversal_id=np.array([item.reversal_id for item in items], dtype=object),
        transaction_id=np.array([item.transaction_id for item in items], dtype=object),
        occurred_on=np.array([reckoned_day_of(item.occurred_on) for item in items], dtype=np.int32),
        everything=np.array([item.everything for item in items], dtype=np.bool_),
        base_micropoints=np.array([item.base_micropoints for item in items], dtype=np.int64),
        package_micropoints=np.array([item.package_micropoints for item in items], dtype=np.int64),
        spend=np.array([item.qualifying_spend_minor for item in items], dtype=np.int64),
        visits=np.array([item.visits for item in items], dtype=np.int64),
    )


def reversal_results(answers: ReversalAnswers, policy: Policy) -> list[reversal_pb2.ReversalResult]:
    """The answers to reversals, in their order."""
    back = answers.taken_back
    columns = zip(
        back.reason.tolist(), back.points.tolist(), back.spend.tolist(), back.visits.tolist(),
        back.move_reason.tolist(), back.system.tolist(), back.level_after.tolist(), answers.replayed.tolist(),
        strict=True,
    )  # fmt: skip
    return [
        reversal_pb2.ReversalResult(reason=reason)
        if reason
        else reversal_pb2.ReversalResult(
            points=points,
            qualifying_spend_minor=spend,
            visits=visits,
            move_reason=move_reason,
            level_after=policy.level_code(system, level_after),
            replayed=replayed,
        )
        for reason, points, spend, visits, move_reason, system, level_after, replayed in columns
    ]
