"""What every call of the Benefits service stands on: the database, the clock, the policy."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import grpc

from carat.benefits.v1 import benefits_service_pb2_grpc
from services.benefits.store.policies import PolicyBook
from services.runtime.clock import Clock
from services.runtime.database import Connection, Database

T = TypeVar("T")
Context = grpc.aio.ServicerContext[Any, Any]


class Calls(benefits_service_pb2_grpc.BenefitsServiceServicer):
    """Runs the work of a call in one transaction."""

    def __init__(self, database: Database, clock: Clock, book: PolicyBook) -> None:
        self._database = database
        self._clock = clock
        self._book = book

    async def _transact(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._database.transact, work)
