"""A refusal on its way out: one reason, told the same way by every service (AIP-193)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status


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
    """The gRPC status of a refusal: ErrorInfo with reason and domain, BadRequest where fields are at fault."""
    details = [
        error_details_pb2.ErrorInfo(reason=refused.reason.name, domain=domain, metadata=refused.metadata)
    ]
    packed = [_packed(detail) for detail in details]
    if refused.mistakes:
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=m.path, description=m.text, reason=m.rule)
            for m in refused.mistakes
        ]
        packed.append(_packed(error_details_pb2.BadRequest(field_violations=violations)))
    return rpc_status.to_status(status_pb2.Status(code=refused.code, message=refused.text, details=packed))


def unavailable_status(text: str) -> grpc.Status:
    """The gRPC status of a passing failure, which the caller may try again."""
    return rpc_status.to_status(status_pb2.Status(code=code_pb2.UNAVAILABLE, message=text))


def _packed(detail: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> AnyMessage:
    message = AnyMessage()
    message.Pack(detail)
    return message
