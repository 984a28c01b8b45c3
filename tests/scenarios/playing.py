"""Plays scenarios on a runner: one alone, or those of a program together, their members in one shard."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from tests.scenarios.acting import Staff, kin_joins, person
from tests.scenarios.acting_on_points import act, give_back, look
from tests.scenarios.checking import check_receipt, check_record, check_return, minor
from tests.scenarios.points_words import BeforeBuying, PointsLook
from tests.scenarios.programs import PlayedProgram
from tests.scenarios.purse import Purse
from tests.scenarios.runner import Runner, RunnerOfPoints
from tests.scenarios.story import (
    Act,
    Buys,
    Event,
    JobRun,
    Joins,
    KinJoins,
    Look,
    Moved,
    NextReset,
    Purchase,
    Returns,
    Scenario,
    StaffAct,
    Stands,
    Stood,
    day_told,
)

T = TypeVar("T")
_MOST_ROUNDS = 4
_ORDER_OF_THE_DAY = (Joins, KinJoins, BeforeBuying, Buys, Act, JobRun, Look)
_JOBS_OF_THE_NIGHT = (
    "tier-review",
    "grace-touchpoints",
    "grace-expiration",
    "window-roll",
    "tenure",
    "inactivity",
)


@dataclass
class _Part:
    """A scenario and the member who plays it; `bought` are the purchases sent so far."""

    scenario: Scenario
    member_id: str
    bought: list[Purchase] = field(default_factory=list)
    staff: Staff | None = None
    purse: Purse | None = None
    refunds: int = 0

    def next_refund(self) -> str:
        """The id of the next refund."""
        self.refunds += 1
        return f"{self.member_id}-refund-{self.refunds}"

    def purchase(self, buys: Buys) -> Purchase:
        """The purchase to send; a new one is remembered."""
        if buys.again is not None:
            return self.bought[buys.again]
        purchase = Purchase(
            transaction_id=f"{self.member_id}-{len(self.bought)}",
            member_id=person(self.member_id, buys.who),
            on=buys.on,
            service_minor=minor(buys.amount),
            treatments=buys.treatments,
            in_property=buys.in_property,
            addon_minor=minor(buys.addons),
            product_minor=minor(buys.products),
            package_minor=minor(buys.packages),
        )
        self.bought.append(purchase)
        return purchase


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
            if not all(part.scenario.is_about_points() for part in endings[day]):
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
            runner.join(person(part.member_id, event.who), event.on, event.birthday)
        elif isinstance(event, KinJoins):
            kin_joins(runner.ask, part.member_id, event.on)
        elif isinstance(event, BeforeBuying):
            act(_purse(runner, part), event)
    buying = [(part, event) for part, event in events if isinstance(event, Buys)]
    for batch in _batches(_shuffled(buying, shuffled), largest_batch):
        receipts = runner.record([part.purchase(buys) for part, buys in batch])
        for (part, buys), receipt in zip(batch, receipts, strict=True):
            check_receipt(part.scenario, buys, receipt)
    for part, event in events:
        if isinstance(event, Act):
            _do(runner, part, event)
    for job in dict.fromkeys(event.job for _, event in events if isinstance(event, JobRun)):
        runner.run(job, day)
    for part, event in events:
        _look(runner, part, event, day)


def _place(event: Event) -> int:
    return next(place for place, kind in enumerate(_ORDER_OF_THE_DAY) if isinstance(event, kind))


def _do(runner: Runner, part: _Part, event: Act) -> None:
    if isinstance(event, Returns):
        receipt = give_back(runner, part.next_refund(), part.bought[event.of], event)
        if receipt is not None:
            check_return(part.scenario, event, receipt)
    elif isinstance(event, StaffAct):
        part.staff = part.staff or Staff(runner.ask, part.member_id)
        part.staff.act(event)
    else:
        act(_purse(runner, part), event)


def _purse(runner: Runner, part: _Part) -> Purse:
    assert isinstance(runner, RunnerOfPoints), part.scenario.title
    part.purse = part.purse or Purse(runner, part.member_id, part.bought)
    return part.purse


def _look(runner: Runner, part: _Part, event: Event, day: date) -> None:
    if isinstance(event, Stands):
        check_record(part.scenario, event, runner.record_of(part.member_id, day))
    elif isinstance(event, Stood):
        record = runner.record_of(part.member_id, event.day)
        assert (record.level, record.in_grace_until) == (event.level, event.in_grace_until), event
    elif isinstance(event, NextReset):
        assert runner.next_reset() == event.shows, part.scenario.title
    elif isinstance(event, PointsLook):
        look(_purse(runner, part), event, part.scenario.title)


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
