"""How each refusal of a call is worded, with which gRPC code, and what its metadata names."""

from collections.abc import Callable, Mapping
from typing import Final

from google.rpc import code_pb2

from services.benefits.columns import UseDecisions, Uses
from services.benefits.refusals import Reason
from services.kernel.calendar import NEVER, day_date
from services.runtime.refusal import FieldMistake, Refused

_INVALID: Final = code_pb2.INVALID_ARGUMENT
_NOT_FOUND: Final = code_pb2.NOT_FOUND
_PRECONDITION: Final = code_pb2.FAILED_PRECONDITION

_REQUIREMENTS: Final = {
    Reason.BATCH_TOO_LARGE: (_INVALID, "a batch holds at most 1,000 uses"),
    Reason.TRANSACTION_ID_MUST_BE_PRINTABLE: (
        _INVALID,
        "a transaction id has 1 to 64 printable characters without spaces",
    ),
    Reason.MEMBER_ID_MUST_BE_PRINTABLE: (
        _INVALID,
        "a member id has 1 to 64 printable characters without spaces",
    ),
    Reason.DUPLICATE_IN_BATCH: (_INVALID, "a batch holds each transaction once"),
    Reason.POLICY_REQUIRED: (_PRECONDITION, "a benefits policy must be applied first"),
    Reason.QUANTITY_MUST_BE_POSITIVE: (_INVALID, "at least one use must be taken"),
    Reason.VALUE_MUST_NOT_BE_NEGATIVE: (_INVALID, "the value of a service may not be negative"),
    Reason.DATE_MUST_BE_VALID: (_INVALID, "a date of the calendar is required"),
    Reason.DATE_MUST_NOT_BE_IN_FUTURE: (_INVALID, "the day must not be one to come"),
    Reason.TRANSACTION_ID_REUSED: (
        code_pb2.ALREADY_EXISTS,
        "this id stands for something else; each use and each award needs its own",
    ),
    Reason.MEMBER_UNKNOWN: (_NOT_FOUND, "the member must be enrolled first"),
    Reason.ALLOWANCE_UNKNOWN: (_NOT_FOUND, "the allowance must be one of the program's on that day"),
    Reason.LEVEL_REQUIRED: (_PRECONDITION, "the member must hold a level that is owed this allowance"),
    Reason.PERIOD_NOT_OPEN: (
        _PRECONDITION,
        "the day must lie in a period that is not over, and that did not end before the level was entered",
    ),
    Reason.COMBINATION_NOT_ALLOWED: (_INVALID, "uses of this allowance must be taken one by one"),
    Reason.ALLOWANCE_EXHAUSTED: (_PRECONDITION, "the period must have as many uses left as are taken"),
    Reason.VALUE_ABOVE_LIMIT: (_INVALID, "the value must stay within the limit of the uses taken"),
    Reason.POLICY_INVALID: (_INVALID, "the policy breaks rules; every mistake is told with its field"),
    Reason.POINTS_MUST_BE_POSITIVE: (_INVALID, "an award gives at least one point"),
    Reason.POINTS_ABOVE_LIMIT: (_INVALID, "an award gives at most 10^9 points"),
    Reason.AWARD_CODE_REQUIRED: (
        _INVALID,
        "say what the award is for: a code of 1 to 64 printable characters without spaces",
    ),
    Reason.ACTOR_REQUIRED: (
        _INVALID,
        "say who grants it: an id of 1 to 64 printable characters without spaces",
    ),
    Reason.CURSOR_INVALID: (_INVALID, "a cursor must be one that this service gave"),
    Reason.NOTE_MUST_BE_PRINTABLE: (_INVALID, "a note has at most 200 printable characters, in one line"),
}

_Explain = Callable[[Uses, UseDecisions], Mapping[str, str]]


def refusal(
    reason: Reason, metadata: Mapping[str, str] | None = None, mistakes: tuple[FieldMistake, ...] = ()
) -> Refused:
    """The refusal of a whole call; `metadata` names what is missing."""
    code, text = _REQUIREMENTS[reason]
    return Refused(reason, text, code, metadata or {}, mistakes)


def refusal_of_use(use: Uses, decided: UseDecisions) -> Refused:
    """The refusal of a single use; both records have one row."""
    reason = Reason(int(decided.reason[0]))
    return refusal(reason, _EXPLAINED[reason](use, decided) if reason in _EXPLAINED else {})


def _named(use: Uses, _: UseDecisions) -> dict[str, str]:
    return {"code": str(use.code[0])}


def _levels(_: Uses, decided: UseDecisions) -> dict[str, str]:
    return {"level_required": str(decided.level_required[0]), "level_held": str(decided.level_held[0])}


def _period(_: Uses, decided: UseDecisions) -> dict[str, str]:
    days = {"period_start": decided.period_start[0], "period_end": decided.period_end[0]}
    return {name: day_date(day).isoformat() for name, day in days.items() if day != NEVER}


def _count(use: Uses, decided: UseDecisions) -> dict[str, str]:
    counts = {"remaining": str(decided.remaining[0]), "quantity": str(use.quantity[0])}
    return {**counts, **_period(use, decided)}


def _value(use: Uses, decided: UseDecisions) -> dict[str, str]:
    limit = int(decided.value_limit_minor[0]) * int(use.quantity[0])
    return {"value_limit_minor": str(limit), "value_minor": str(use.value_minor[0])}


_EXPLAINED: Final[Mapping[Reason, _Explain]] = {
    Reason.MEMBER_UNKNOWN: lambda use, _: {"member_id": str(use.member_id[0])},
    Reason.ALLOWANCE_UNKNOWN: _named,
    Reason.LEVEL_REQUIRED: _levels,
    Reason.PERIOD_NOT_OPEN: _period,
    Reason.COMBINATION_NOT_ALLOWED: lambda use, _: {"quantity": str(use.quantity[0])},
    Reason.ALLOWANCE_EXHAUSTED: _count,
    Reason.VALUE_ABOVE_LIMIT: _value,
}
