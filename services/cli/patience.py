"""Waiting for a service that is away: longer than a single call would."""

import time
from collections.abc import Callable
from threading import Event
from typing import Any, Final

import grpc

_PAUSE_SECONDS: Final = (0.2, 0.5, 1.0, 2.0)


class Patience:
    """How long a service may be away; setting `stop` ends all waiting. Safe to share between threads."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.stop = Event()

    def call(self, rpc: Callable[[Any], Any], request: Any) -> Any:
        """The answer; UNAVAILABLE is tried again (AIP-194), anything else raises grpc.RpcError at once."""
        absence = Absence(self)
        while True:
            try:
                return rpc(request)
            except grpc.RpcError as error:
                absence.bear(error)


class Absence:
    """One time in which a service does not answer."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self.end()

    def end(self) -> None:
        """The service has answered: patience begins anew."""
        self._failures = 0
        self._deadline = time.monotonic() + self._patience.seconds

    def bear(self, error: grpc.RpcError) -> None:
        """Pauses before the next attempt; raises the error where none is to be made."""
        if error.code() != grpc.StatusCode.UNAVAILABLE or time.monotonic() >= self._deadline:
            raise error
        pause = _PAUSE_SECONDS[min(self._failures, len(_PAUSE_SECONDS) - 1)]
        if self._patience.stop.wait(pause):
            raise error
        self._failures += 1
