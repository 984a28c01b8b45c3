"""Revisions and what is wrong with one, from plain data to protobuf."""

from collections.abc import Sequence
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from carat.tier.v1 import program_pb2, revision_pb2
from services.kernel.calendar import NEVER, day_date
from services.kernel.refusals import Violation
from services.runtime.program_messages import day_to_proto, revision_to_proto
from services.runtime.refusal import FieldMistake, Refused
from services.runtime.revisions import StoredRevision
from services.tier.refusals import TEXTS, Reason
from services.tier.rules.revisions import state_of
from services.tier.store.revisions import KeptRevision


def revision_message(revision: StoredRevision, until: int) -> program_pb2.Revision:
    """A revision with the end of its range, where it has one."""
    message = revision_to_proto(revision)
    if until != NEVER:
        message.effective_until.CopyFrom(day_to_proto(day_date(until)))
    return message


def record_messages(kept: Sequence[KeptRevision], today: int) -> list[revision_pb2.RevisionRecord]:
    """All revisions with what has become of them, in the order given."""
    terms = [each.term for each in kept]
    return [
        revision_pb2.RevisionRecord(
            revision=revision_message(each.stored, each.until),
            state=revision_pb2.RevisionState.Name(state_of(terms, each.term, today)),
            applied_at=_instant(each.applied_at),
            cancelled_at=None if each.cancelled_at is None else _instant(each.cancelled_at),
        )
        for each in kept
    ]


def mistake_of(violation: Violation) -> FieldMistake:
    """What is wrong with a policy, as it is told to callers."""
    return FieldMistake(violation.path, violation.rule.name, violation.text)


def raise_mistakes(mistakes: Sequence[FieldMistake]) -> None:
    """Refuses the policy where anything is wrong with it."""
    if mistakes:
        raise Refused(Reason.POLICY_INVALID, TEXTS[Reason.POLICY_INVALID], mistakes=tuple(mistakes))


def _instant(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message
