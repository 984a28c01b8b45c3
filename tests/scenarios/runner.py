"""What it takes to play scenarios."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from carat.benefits.v1.award_pb2 import Award
from tests.scenarios.programs import PlayedProgram, Revision
from tests.scenarios.story import Moved, Purchase, Receipt, Record, Returns


class Runner(Protocol):
    """Whatever can play: the Tier service in its process, or all services and jobs for real."""

    zone: ZoneInfo
    """The time zone of the program."""

    def begin_day(self, today: date) -> None:
        """From now on it is that day."""
        ...

    def apply(self, program: PlayedProgram, revision: Revision) -> None:
        """Applies a revision of the program."""
        ...

    def join(self, member_id: str, on: date, birthday: date | None) -> None:
        """Enrols a member."""
        ...

    def record(self, purchases: Sequence[Purchase]) -> list[Receipt]:
        """Records purchases in one batch."""
        ...

    def ask(self, rpc: str, request: Any) -> Any:
        """Calls the Tier service, as of the present day. Raises Refused."""
        ...

    def take_back(self, reversal_id: str, purchase: Purchase, returns: Returns) -> Receipt:
        """Refunds a purchase or a part of it; the receipt tells the points taken back. Raises Refused."""
        ...

    def run(self, job: str, as_of: date) -> int:
        """Runs a job; answers how many moves it made."""
        ...

    def record_of(self, member_id: str, as_of: date) -> Record:
        """A member's record as of a day."""
        ...

    def moves_of(self, member_id: str) -> list[Moved]:
        """A member's moves, oldest first."""
        ...

    def next_reset(self) -> date | None:
        """Next Reset of the program's tier system."""
        ...


@runtime_checkable
class RunnerOfPoints(Runner, Protocol):
    """Whatever can play stories about points: the Points service over the Tier service, or all services for real."""

    def ask_points(self, rpc: str, request: Any) -> Any:
        """Calls the Points service, as of the present day, when it knows all that Tier has told. Raises Refused."""
        ...

    def award(self, award: Award) -> None:
        """Awards points."""
        ...

    def wait_until(self, is_so: Callable[[], bool]) -> bool:
        """Whether something has come true, perhaps after a while."""
        ...
