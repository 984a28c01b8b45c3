"""Plays scenarios on a runner: one alone, or those of a program together, their members in one shard."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from tests.scenarios.acting import Staff, kin_joins, returned
from tests.scenarios.programs import PlayedProgram, Revision
from tests.scenarios.story import (
    Buys,
    Event,
    JobRun,
    Joins,
    KinJoins,
    Moved,
    NextReset,
    Purchase,
    Receipt,
    Record,
    Returns,
    Scenario,
    StaffAct,
    Stands,
    Stood,
    day_told,
)

T = TypeVar("T")
_MOST_ROUNDS = 4
_ORDER_OF_THE_DAY = (Joins, KinJoins, Buys, Returns, StaffAct, JobRun, Stands, Stood, NextReset)
_JOBS_OF_THE_NIGHT = (
    "tier-review",
    "grace-touchpoints",
    "grace-expiration",
    "window-roll",
    "tenure",
    "inactivity",
)


class Runner(Protocol):
    """Whatever can play: the Tier service in its process, or all services and jobs for real."""

    def begin_day(self, today: date) -> None:
        """From now on it is that day."""
        ...

    def apply(self, program: PlayedProgram, revision: Revision) -> None:
        """Applies a revision of the program."""
        ...

    def join(self, member_id: str, on: date) -> None:
        """Enrols a member."""
        ...

    def record(self, purchases: Sequence[Purchase]) -> list[Receipt]:
        """Records purchases in one batch."""
        ...

    def ask(self, rpc: str, request: Any) -> Any:
        """Calls the Tier service, as of the present day. Raises Refused."""
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


@dataclass
class _Part:
    """A scenario and the member who plays it; `bought` are the purchases sent so far."""

    scenario: Scenario
    member_id: str
    bought: list[Purchase] = field(default_factory=list)
    returns: int = 0
    staff: Staff | None = None

    def return_id(self) -> str:
        """The id of the next refund."""
        self.returns += 1
        return f"{self.member_id}-back-{self.returns}"

    def purchase(self, buys: Buys) -> Purchase:
        """The purchase to send; a new one is remembered."""
        if buys.again is not None:
            return self.bought[buys.again]
        amount_minor = int(Decimal(buys.amount) * 100)
        transaction_id = f"{self.member_id}-{len(self.bought)}"
        self.bought.append(
            Purchase(transaction_id, self.member_id, buys.on, amount_minor, buys.treatments, buys.in_property)
        )
        return self.bought[-1]


def play_alone(runner: Runner, program: PlayedProgram, scenario: Scenario, member_id: str) -> None:
    """Plays one scenario, every purchase in a call of its own."""
    _play(runner, program, [_Part(scenario, member_id)], largest_batch=1)


def play_together(
    runner: Runner, program: PlayedProgram, scenarios: Sequence[Scenario], member_ids: Sequence[str]
) -> None:
    """Plays scenarios at once: shared batches, shared runs, everybody's purchases of a day shuffled."""
    parts = [_Part(scenario, member) for scenario, member in zip(scenarios, member_ids, strict=True)]
    _play(runner, program, parts, largest_batch=1_000)


def _play(runner: Runner, program: PlayedProgram, parts: list[_Part], largest_batch: int) -> None:
    shuffled = random.Random(7)
    revisions = list(program.revisions)
    endings = defaultdict(list)
    for part in parts:
        endings[part.scenario.last_day()].append(part)
    for day, events in sorted(_by_day(parts).items()):
        while revisions and revisions[0].applied_on <= day:
            runner.begin_day(revisions[0].applied_on)
            runner.apply(program, revisions.pop(0))
        runner.begin_day(day)
        _play_day(runner, day, events, largest_batch, shuffled)
        if day in endings:
            _settle(runner, day)
            for part in endings[day]:
                assert _story(runner, part, day) == list(part.scenario.moves), part.scenario.title


def _story(runner: Runner, part: _Part, day: date) -> list[Moved]:
    """The moves up to a day; touchpoints of grace only where the story is about them."""
    told = [move for move in runner.moves_of(part.member_id) if move[0] <= day]
    touched = any(reason == "GRACE_TOUCHED" for _, reason, _ in part.scenario.moves)
    return [move for move in told if touched or move[1] != "GRACE_TOUCHED"]


def _settle(runner: Runner, day: date) -> None:
    """The jobs of the night, until they find nothing: a member may have waited for several."""
    for _ in range(_MOST_ROUNDS):
        if not sum(runner.run(job, day) for job in _JOBS_OF_THE_NIGHT):
            return
    raise AssertionError(f"the jobs as of {day} do not come to rest")


def _by_day(parts: Sequence[_Part]) -> Mapping[date, list[tuple[_Part, Event]]]:
    days: dict[date, list[tuple[_Part, Event]]] = defaultdict(list)
    for part in parts:
        for event in part.scenario.events:
            days[day_told(event)].append((part, event))
    return days


def _play_day(
    runner: Runner,
    day: date,
    events: list[tuple[_Part, Event]],
    largest_batch: int,
    shuffled: random.Random,
) -> None:
    events.sort(key=lambda each: _place(each[1]))
    for part, event in events:
        if isinstance(event, Joins):
            runner.join(part.member_id, event.on)
        elif isinstance(event, KinJoins):
            kin_joins(runner.ask, part.member_id, event.on)
    buying = [(part, event) for part, event in events if isinstance(event, Buys)]
    for batch in _batches(_shuffled(buying, shuffled), largest_batch):
        receipts = runner.record([part.purchase(buys) for part, buys in batch])
        for (part, buys), receipt in zip(batch, receipts, strict=True):
            _check_receipt(part.scenario, buys, receipt)
    for part, event in events:
        if isinstance(event, Returns):
            bought = part.bought[event.of]
            _check_return(part.scenario, event, returned(runner.ask, part.return_id(), bought, event))
        elif isinstance(event, StaffAct):
            part.staff = part.staff or Staff(runner.ask, part.member_id)
            part.staff.act(event)
    for job in dict.fromkeys(event.job for _, event in events if isinstance(event, JobRun)):
        runner.run(job, day)
    for part, event in events:
        _look(runner, part, event, day)


def _place(event: Event) -> int:
    return next(place for place, kind in enumerate(_ORDER_OF_THE_DAY) if isinstance(event, kind))


def _look(runner: Runner, part: _Part, event: Event, day: date) -> None:
    if isinstance(event, Stands):
        _check_record(part.scenario, event, runner.record_of(part.member_id, day))
    elif isinstance(event, Stood):
        record = runner.record_of(part.member_id, event.day)
        assert (record.level, record.in_grace_until) == (event.level, event.in_grace_until), event
    elif isinstance(event, NextReset):
        assert runner.next_reset() == event.shows, part.scenario.title


def _shuffled(buying: list[tuple[_Part, Buys]], shuffled: random.Random) -> list[tuple[_Part, Buys]]:
    """In another order, each member's own purchases in theirs."""
    waiting: dict[str, list[tuple[_Part, Buys]]] = defaultdict(list)
    for part, buys in buying:
        waiting[part.member_id].append((part, buys))
    turns = [part.member_id for part, _ in buying]
    shuffled.shuffle(turns)
    return [waiting[member_id].pop(0) for member_id in turns]


def _batches(buying: list[tuple[_Part, Buys]], largest: int) -> Iterator[list[tuple[_Part, Buys]]]:
    """Batches of at most so many; a purchase and its repetition never share one."""
    batch: list[tuple[_Part, Buys]] = []
    for part, buys in buying:
        if len(batch) == largest or (buys.again is not None and batch):
            yield batch
            batch = []
        batch.append((part, buys))
    if batch:
        yield batch


def _check_receipt(scenario: Scenario, buys: Buys, receipt: Receipt) -> None:
    told = (receipt.points, receipt.level_after, receipt.reason)
    expected = tuple(
        actual if said is None else said
        for said, actual in zip((buys.earns, buys.level, buys.why), told, strict=True)
    )
    assert told == expected, (scenario.title, buys)
    assert receipt.replayed == (buys.again is not None), (scenario.title, buys)


def _check_return(scenario: Scenario, returns: Returns, receipt: Receipt) -> None:
    told = (receipt.points, receipt.level_after, receipt.reason)
    said = (returns.takes, returns.level, returns.why)
    expected = tuple(actual if each is None else each for each, actual in zip(said, told, strict=True))
    assert told == expected, (scenario.title, returns)


def _check_record(scenario: Scenario, stands: Stands, record: Record) -> None:
    always_looked_at = (record.level, record.in_grace_until, record.for_life_since, record.inactive_since)
    said_always = (stands.level, stands.in_grace_until, stands.for_life_since, stands.inactive_since)
    assert always_looked_at == said_always, (scenario.title, stands)
    spend_minor = None if stands.spend is None else int(Decimal(stands.spend) * 100)
    for said, actual in (
        (stands.since, record.since),
        (stands.next_review, record.next_review),
        (spend_minor, record.spend_minor),
        (stands.treatments, record.treatments),
        (stands.points, record.points),
        (stands.locked_until, record.locked_until),
        (stands.system, record.system),
    ):
        assert said is None or said == actual, (scenario.title, stands, record)
