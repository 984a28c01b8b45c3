"""One import from end to end: the file is understood whole before anything is sent."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from carat.points.v1.points_service_pb2 import GetPolicyRequest
from carat.points.v1.points_service_pb2_grpc import PointsServiceStub
from carat.tier.v1.tier_service_pb2_grpc import TierServiceStub
from services.cli.connections import open_channel
from services.cli.importing.building import Builds, M, balance_builder, member_builder
from services.cli.importing.crediting import SaleBuilder, sale_sender
from services.cli.importing.csv_file import CsvFile
from services.cli.importing.findings import BadFile
from services.cli.importing.importer import Importer, Summary
from services.cli.importing.lanes import Lanes, Sender
from services.cli.importing.layouts import LAYOUTS, Columns, Kind, Request, resolve_columns
from services.cli.importing.parquet_file import ParquetFile
from services.cli.importing.rejects import RejectFile
from services.cli.importing.sending import balance_sender, member_sender
from services.cli.importing.source import Source
from services.cli.importing.values import AmountUnit
from services.cli.patience import Patience
from services.runtime.settings import ServiceName, Settings

_LANES: Final = 8
_PATIENCE_SECONDS: Final = 120.0
_PARQUET: Final = (".parquet", ".pq")
_SERVICES: Final[dict[Kind, ServiceName]] = {
    Kind.MEMBERS: "tier",
    Kind.PURCHASES: "points",
    Kind.BALANCES: "points",
}


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What is to be imported, how; `zone` None is the program's, `rejects` is where bad rows go."""

    path: Path
    kind: Kind
    request: Request
    unit: AmountUnit
    zone: ZoneInfo | None
    rejects: Path


class ImportSession:
    """A file that is understood, and nothing of it sent yet; raises BadFile with every mistake."""

    def __init__(self, plan: ImportPlan) -> None:
        if plan.request.credit_notes and plan.kind is not Kind.PURCHASES:
            raise BadFile(["--credit-notes tells which rows of a file of purchases are credit notes"])
        parquet = plan.path.suffix.lower() in _PARQUET
        self._plan = plan
        self._source: Source = ParquetFile(plan.path) if parquet else CsvFile(plan.path)
        self._columns: Columns = resolve_columns(
            LAYOUTS[plan.kind], self._source.header, self._source.inexact, plan.request
        )
        self._patience = Patience(_PATIENCE_SECONDS)
        self.summary = Summary()

    @property
    def lines(self) -> int:
        """The line at which progress is complete."""
        return self._source.lines

    def run(self, settings: Settings, on_progress: Callable[[int], None]) -> None:
        """Sends the file and counts.

        Raises BadFile for a bad constant, before anything is sent, and grpc.RpcError where a whole call fails.
        """
        with ExitStack() as stack:
            channels = [
                stack.enter_context(open_channel(settings, _SERVICES[self._plan.kind])) for _ in range(_LANES)
            ]
            if self._plan.kind is Kind.MEMBERS:
                self._send_members([TierServiceStub(channel) for channel in channels], on_progress)
            elif self._plan.kind is Kind.BALANCES:
                self._send_balances([PointsServiceStub(channel) for channel in channels], on_progress)
            else:
                self._send_purchases([PointsServiceStub(channel) for channel in channels], on_progress)

    def _send_members(self, stubs: Sequence[TierServiceStub], on_progress: Callable[[int], None]) -> None:
        senders = [member_sender(stub, self._patience) for stub in stubs]
        self._send(member_builder(self._columns), senders, on_progress)

    def _send_balances(self, stubs: Sequence[PointsServiceStub], on_progress: Callable[[int], None]) -> None:
        senders = [balance_sender(stub, self._patience) for stub in stubs]
        self._send(balance_builder(self._columns), senders, on_progress)

    def _send_purchases(self, stubs: Sequence[PointsServiceStub], on_progress: Callable[[int], None]) -> None:
        program = self._patience.call(stubs[0].GetPolicy, GetPolicyRequest()).program
        zone = self._plan.zone or ZoneInfo(program.time_zone)
        senders = [sale_sender(stub, self._patience) for stub in stubs]
        self._send(SaleBuilder(self._columns, self._plan.unit, zone), senders, on_progress)

    def _send(
        self,
        builder: Builds[M],
        senders: Sequence[Sender[M]],
        on_progress: Callable[[int], None],
    ) -> None:
        rejects = RejectFile(self._plan.rejects, self._source.header)
        with closing(Lanes(senders, self._patience)) as lanes:
            Importer(self._columns, builder, lanes, rejects, self.summary).run(self._source, on_progress)
