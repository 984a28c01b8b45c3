"""A refusal on its way out: one reason, told the same way by every service (AIP-193)."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

MAX_METADATA_BYTES: Final = 64 * 1024
"""Details of an error travel in gRPC metadata: what a channel must take to read all that a service tells.

A channel that says nothing of `grpc.max_metadata_size` takes 8 KiB, about forty mistakes.
"""

_MISTAKES_BYTES: Final = MAX_METADATA_BYTES * 5 // 8
"""Leaves room for base64, and for everything else in the metadata."""

_OVERHEAD_BYTES: Final = 4
"""Of a message within a message: its tag and length."""

_ECHO_LENGTH: Final = 64


@dataclass(frozen=True, slots=True)
class FieldMistake:
    """One mistake in a request: where, which rule it breaks, and what to do."""

    path: str
    rule: str
    text: str


@dataclass(eq=False)
class Refused(Exception):
    """A whole call is refused.

    `reason` is a member of the service's Reason enum, `text` states the requirement, `metadata` names what is
    missing, `mistakes` lists every field at fault.
    """

    reason: IntEnum
    text: str
    code: int = code_pb2.INVALID_ARGUMENT
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    mistakes: Sequence[FieldMistake] = ()


def refusal_status(refused: Refused, domain: str) -> grpc.Status:
    """The gRPC status of a refusal: ErrorInfo with reason and domain, BadRequest where fields are at fault.

    What the caller sent is echoed up to 64 characters, and mistakes are told until MAX_METADATA_BYTES are full.
    """
    echoed = {name: value[:_ECHO_LENGTH] for name, value in refused.metadata.items()}
    packed = [
        _packed(error_details_pb2.ErrorInfo(reason=refused.reason.name, domain=domain, metadata=echoed))
    ]
    if refused.mistakes:
        packed.append(_packed(error_details_pb2.BadRequest(field_violations=_violations(refused.mistakes))))
    return rpc_status.to_status(status_pb2.Status(code=refused.code, message=refused.text, details=packed))


def unavailable_status(text: str) -> grpc.Status:
    """The gRPC status of a passing failure, which the caller may try again."""
    return rpc_status.to_status(status_pb2.Status(code=code_pb2.UNAVAILABLE, message=text))


def _violations(mistakes: Sequence[FieldMistake]) -> list[error_details_pb2.BadRequest.FieldViolation]:
    """As many as there is room for, and how many more there are."""
    violations = [
        error_details_pb2.BadRequest.FieldViolation(field=m.path, description=m.text, reason=m.rule)
        for m in mistakes
    ]
    ends = itertools.accumulate(violation.ByteSize() + _OVERHEAD_BYTES for violation in violations)
    told = sum(end <= _MISTAKES_BYTES for end in ends)
    if told == len(violations):
        return violations
    more = error_details_pb2.BadRequest.FieldViolation(description=f"and {len(violations) - told} more")
    return [*violations[:told], more]


def _packed(detail: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> AnyMessage:
    message = AnyMessage()
    message.Pack(detail)
    return message
