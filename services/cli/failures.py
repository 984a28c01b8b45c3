"""What went wrong, told in one line and an exit code, whatever command was running."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Final, NamedTuple, TypeVar

import grpc
import typer
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status
from rich.console import Console
from rich.markup import escape

from services.runtime.postgres import PostgresError
from services.runtime.settings import SettingsError

_Detail = TypeVar("_Detail", ErrorInfo, BadRequest)

_ADDRESS: Final = re.compile(r"(?:ipv[46]:)?((?:[\d.]+|\[[\da-f:]+\]|%5B[\da-f:]+%5D):\d+)")

_NUMBERS: Final = {
    "available": "{:,} can be spent",
    "minimum_points": "{:,} at least",
    "step_points": "steps of {:,}",
    "adjustment_limit": "{:,} at most",
    "reinstatable": "{:,} may be given back",
}
"""Metadata of refusals that callers cannot know, in words."""


class ExitCode(IntEnum):
    """How the command ends; 2 is a mistake in its arguments."""

    REFUSED = 1
    """Refused by a rule, or a promise was found broken: trying again changes nothing."""
    UNAVAILABLE = 3
    """Nobody answered, or not in time: trying again may help."""
    FAULTY = 4
    """A service failed; its log tells why."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""


class Failure(NamedTuple):
    """Why a call was not granted; `reason` is the name in the service's enum, empty without one."""

    text: str
    exit_code: ExitCode
    reason: str = ""


class CommandFailed(Exception):
    """The command cannot go on; its message is one line (or one for each mistake) for people."""

    def __init__(self, text: str, exit_code: ExitCode = ExitCode.REFUSED) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def failure_of(error: grpc.RpcError) -> Failure:
    """What a failed call means: the service's own words and reason, or that nobody answered."""
    code, details = error.code(), error.details() or ""
    if code == grpc.StatusCode.UNAVAILABLE:
        return Failure(_unavailable(details), ExitCode.UNAVAILABLE)
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        text = "no answer in time (CARAT_RPC_TIMEOUT_SECONDS is how long a call may take); try again"
        return Failure(text, ExitCode.UNAVAILABLE)
    if code == grpc.StatusCode.RESOURCE_EXHAUSTED:
        return Failure(f"too much at once: {details}", ExitCode.UNAVAILABLE)
    info = _detail(error, ErrorInfo())
    if info is None:
        return Failure(f"{code.name}: {details}", ExitCode.FAULTY)
    service = info.domain.partition(".")[0]
    told = f"{details}{_numbers_of(info)}"
    return Failure(f"{service} refuses ({info.reason}): {told}", ExitCode.REFUSED, info.reason)


def _numbers_of(info: ErrorInfo) -> str:
    """The numbers that decided, which its sentence leaves out: (1,200 can be spent)."""
    told = [
        words.format(int(info.metadata[name])) for name, words in _NUMBERS.items() if name in info.metadata
    ]
    return f" ({', '.join(told)})" if told else ""


def violations_of(error: grpc.RpcError) -> list[BadRequest.FieldViolation]:
    """Every field at fault that a refusal names; none when it names no field."""
    found = _detail(error, BadRequest())
    return [] if found is None else list(found.field_violations)


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Ends the command with one line on standard error for whatever people can do something about."""
    try:
        yield
    except grpc.RpcError as error:
        failure = failure_of(error)
        raise _ended(failure.text, failure.exit_code) from error
    except CommandFailed as failed:
        raise _ended(str(failed), failed.exit_code) from failed
    except SettingsError as mistaken:
        raise _ended(f"settings are wrong:\n{mistaken}", ExitCode.REFUSED) from mistaken
    except PostgresError as failed:
        raise _ended(str(failed), ExitCode.FAULTY) from failed
    except KeyboardInterrupt as interrupted:
        raise _ended("interrupted", ExitCode.INTERRUPTED) from interrupted


def _ended(text: str, exit_code: ExitCode) -> typer.Exit:
    Console(stderr=True, highlight=False).print(f"[bold red]carat:[/] {escape(text)}", soft_wrap=True)
    return typer.Exit(exit_code)


def _unavailable(details: str) -> str:
    if "failed to connect" not in details and "Connection refused" not in details:
        return f"a service is not available: {details}"
    address = _ADDRESS.search(details)
    where = f" at {address[1]}" if address else ""
    return f"nobody answers{where}: start it with `carat up`, or set CARAT_*_ADDRESS to where it is"


def _detail(error: grpc.RpcError, into: _Detail) -> _Detail | None:
    status = rpc_status.from_call(error) if isinstance(error, grpc.Call) else None
    details: Sequence[AnyMessage] = status.details if status is not None else ()
    for packed in details:
        if packed.Unpack(into):
            return into
    return None
