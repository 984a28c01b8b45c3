"""From a file to the services: read, built, sent, answered, counted."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Generic

from services.cli.importing.building import Builds, M
from services.cli.importing.findings import BadRow
from services.cli.importing.lanes import Answered, Item, Lanes
from services.cli.importing.layouts import Columns
from services.cli.importing.rejects import RejectFile
from services.cli.importing.sending import State
from services.cli.importing.source import Row, Source

_ROWS_BETWEEN_LOOKS: Final = 1_000
_TOO_EARLY: Final = "OCCURRED_BEFORE_ENROLMENT"
_SORT_FIRST: Final = (
    "The file goes back in time, and purchases older than their member's enrolment were rejected: where the first "
    "purchase enrols, the first that arrives does, on its day. Sort such a file by time, oldest first, before any of "
    "it is imported, or enrol its members first."
)


@dataclass(slots=True)
class Summary:
    """What became of the rows: `read` is the sum of all other counts once an import has ended.

    `goes_back` tells whether a row is of an earlier time than one that stands before it.
    """

    read: int = 0
    left_aside: int = 0
    goes_back: bool = False
    states: Counter[State] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def unanswered(self) -> int:
        """Rows read that an import which ended early left without an answer."""
        return self.read - self.left_aside - self.states.total()

    @property
    def advice(self) -> str:
        """What to do about the file as a whole; empty where it is as it should be."""
        return _SORT_FIRST if self.goes_back and self.reasons[_TOO_EARLY] else ""

    def reject(self, reason: str) -> None:
        """Counts a rejected row."""
        self.states[State.REFUSED] += 1
        self.reasons[reason] += 1


class Importer(Generic[M]):
    """One import of one file. A row that cannot be sent, or is refused, stops nothing."""

    def __init__(
        self,
        columns: Columns,
        builder: Builds[M],
        lanes: Lanes[M],
        rejects: RejectFile,
        summary: Summary,
    ) -> None:
        self.summary = summary
        self._columns = columns
        self._builder = builder
        self._latest = 0
        self._lanes = lanes
        self._rejects = rejects

    def run(self, source: Source, on_progress: Callable[[int], None]) -> None:
        """Imports the whole file; `on_progress` is told up to which line everything is answered.

        Raises grpc.RpcError where a whole call fails; whatever ends it early leaves a repetition to go on.
        """
        try:
            for row in source.rows():
                self._count(self._take(row))
                if self.summary.read % _ROWS_BETWEEN_LOOKS == 0:
                    self._count(self._lanes.dispatch_older(row.line))
                    on_progress(self._answered_before(row.line))
            for answered in self._lanes.finish():
                self._count([answered])
                on_progress(self._answered_before(source.lines))
        except BaseException:
            self._count(self._lanes.abandon())
            raise
        finally:
            self._rejects.close()

    def _take(self, row: Row) -> Iterable[Answered[M]]:
        self.summary.read += 1
        try:
            if row.flaw is not None:
                raise row.flaw
            if not self._columns.counts(row.values):
                self.summary.left_aside += 1
                return ()
            message = self._builder.build(row.values)
        except BadRow as bad:
            self.summary.reject(bad.reason)
            self._rejects.note(row.line, bad.reason, bad.text, row.values)
            return ()
        self._look_at_order(message)
        item = Item(row.line, row.values, message, message.member_id, self._builder.key(message))
        return self._lanes.add(item)

    def _look_at_order(self, message: M) -> None:
        moment = self._builder.moment(message)
        self.summary.goes_back |= moment < self._latest
        self._latest = max(self._latest, moment)

    def _count(self, answers: Iterable[Answered[M]]) -> None:
        for answered in answers:
            for item, outcome in answered.rows:
                if outcome.state is State.REFUSED:
                    self.summary.reject(outcome.reason)
                    self._rejects.note(item.line, outcome.reason, requirement(outcome.reason), item.values)
                else:
                    self.summary.states[outcome.state] += 1

    def _answered_before(self, line: int) -> int:
        before = self._lanes.oldest_line(line)
        self._rejects.write_before(before)
        return before


def requirement(reason: str) -> str:
    """A refusal in words; its name states the requirement already."""
    return _IN_OTHER_WORDS.get(reason) or reason.replace("_", " ").lower()


_IN_OTHER_WORDS: Final = {
    "MEMBER_ALREADY_ENROLLED": "the member is enrolled already, with other data",
    "MEMBER_ID_MUST_BE_PRINTABLE": "a member id has 1 to 64 printable characters and no spaces",
    "MEMBER_UNKNOWN": "nobody has enrolled this member id",
    _TOO_EARLY: "the purchase is of a day before the member's enrolment",
    "CREDIT_ABOVE_PURCHASES": "the credit note exceeds what is left of the member's purchases before it",
    "PROPERTY_UNKNOWN": "the program has no such property",
    "PURCHASE_PENDING": "an earlier purchase of the member is still to be posted: import the file again later",
    "REVERSAL_MUST_TAKE_SOMETHING": "the credit note names no amount",
    "TIER_SYSTEM_UNKNOWN": "the program has no such tier system",
    "TRANSACTION_ID_MUST_BE_PRINTABLE": "a transaction id has 1 to 64 printable characters and no spaces",
    "TRANSACTION_ID_REUSED": "something else was recorded under this transaction id",
}
