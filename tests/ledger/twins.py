"""The services and the reference model side by side: every answer, entry and balance is compared."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from tests.invariants.asking import run_on_reference
from tests.invariants.asking_the_service import JOBS
from tests.invariants.policies import policy_of
from tests.ledger.asking_the_reference import Told, asked_of_reference
from tests.ledger.asking_the_service import asked_of_service, quoted
from tests.ledger.asks import (
    Ask,
    Brings,
    Buys,
    Cancels,
    Captures,
    Credits,
    Edits,
    Enrols,
    Erases,
    GivesBack,
    Pays,
    Refunds,
    Runs,
)
from tests.ledger.histories import START, History, Step
from tests.ledger.policies import policy_to_proto
from tests.ledger.services_at_hand import ZONE, ServicesAtHand
from tests.ledger.told import day_told, line_expected, line_told
from tests.reference.points import ReferencePoints
from tests.reference.program import ReferenceProgram
from tests.reference.tier import ReferenceTier


@dataclass
class Twins:
    """One history told to both; `play` raises AssertionError where they differ."""

    services: ServicesAtHand
    reference: ReferencePoints
    asked: list[Any] = field(default_factory=list)

    async def play(self, history: History) -> None:
        """Every step, then the promises of both services."""
        now = datetime.combine(START, time(12), ZONE).astimezone(UTC)
        for number, step in enumerate(history.steps):
            now += timedelta(days=step.days, minutes=step.minutes)
            self.services.stand_at(now)
            self.reference.now = now
            act = self._resolved(step, number)
            if act is not None:
                await self._take(act, step, number)
                await self._compare(self._concerned(act, number))
        await self._compare(list(self.reference.accounts))
        await self._compare_liability()
        assert await self.services.broken_promises() == []

    async def _take(self, act: Ask, step: Step, number: int) -> None:
        match act:
            case Edits():
                await self._edit(act)
            case Enrols():
                told = self.services.enrol(act.member_id, act.birthday)
                today = self.reference.today()
                expected = self.reference.tier.enroll(act.member_id, today, "", act.birthday, today)
                assert (told[0] or told[1]) == expected, act
            case Erases():
                told_refusal = await self.services.erase(f"E{number}", act.member_id)
                expected = self.reference.tier.erase(f"E{number}", act.member_id, self.reference.today())
                assert told_refusal == expected, act
            case Runs():
                as_of = self.reference.today() - timedelta(days=act.days_ago)
                if act.job == "points-expiration":
                    self.reference.run_expiration(as_of, self.services.expire(as_of))
                else:
                    self.services.tier_world.run(JOBS[act.job], as_of)
                    run_on_reference(self.reference.tier, act.job, as_of)
            case _:
                await self._ask(act, twice=step.twice)
        await self.services.follow()
        self.reference.follow()

    async def _ask(self, act: Any, *, twice: bool) -> None:
        quote = await quoted(self.services.points, act) if isinstance(act, Buys) else None
        asks = [asked_of_service(self.services.points, act) for _ in range(1 + twice)]
        answers = list(await asyncio.gather(*asks))
        expected: list[Told] = [asked_of_reference(self.reference, act) for _ in range(1 + twice)]
        if twice:
            # Which of two at once is the first is not told.
            told, due = ([_but_replayed(each) for each in these] for these in (answers, expected))
            assert told in (due, due[::-1]), (act, told, due)
        else:
            assert answers == expected, (act, answers, expected)
        if quote is not None:
            assert quote == expected[0], (act, quote, expected)
        self.asked.append(act)

    async def _edit(self, edits: Edits) -> None:
        known = self.reference.program.points
        since = max(self.reference.today(), known[-1].effective_from)
        revision = replace(edits.revision, effective_from=since)
        if await self.services.apply(policy_to_proto(revision), since):
            known.append(revision)

    def _concerned(self, act: Ask, number: int) -> list[str]:
        """The accounts that an act names, and one more in turn."""
        known = list(self.reference.accounts)
        named = {value for value in vars(act).values() if isinstance(value, str)}
        named |= {f"pool {value}" for value in named}
        return [name for place, name in enumerate(known) if name in named or place == number % len(known)]

    def _resolved(self, step: Step, number: int) -> Any:
        """The act with ids and days; None where it is about what there is none of."""
        act: Any = step.act
        with_id = [each for each in self.asked if hasattr(each, "act_id")]
        if 0 < step.id_ago <= len(with_id) and step.again and hasattr(act, "act_id"):
            return with_id[-step.id_ago]
        if hasattr(act, "act_id") and not isinstance(act, Captures | Cancels):
            act = replace(act, act_id=f"{type(act).__name__}-{number}")
            if 0 < step.id_ago <= len(with_id):
                act = replace(act, act_id=with_id[-step.id_ago].act_id)
        if isinstance(act, Captures | Cancels | GivesBack | Refunds):
            kind = Buys if isinstance(act, Refunds) else Pays
            about = [each.act_id for each in self.asked if isinstance(each, kind)]
            about = list(dict.fromkeys(about))
            named = about[-step.of_ago] if step.of_ago <= len(about) else "never"
            names: dict[str, Any] = {"act_id" if isinstance(act, Captures | Cancels) else "of": named}
            act = replace(act, **names)
        now = self.reference.now
        assert now is not None
        if isinstance(act, Buys | Refunds | Credits):
            act = replace(act, occurred_at=now - timedelta(days=step.days_ago))
        if isinstance(act, Brings) and act.earned_on is not None:
            act = replace(act, earned_on=self.reference.today() - timedelta(days=step.days_ago))
        return act

    async def _compare(self, names: Iterable[str]) -> None:
        for name in names:
            if name.startswith("pool "):
                await self._compare_pool(name.removeprefix("pool "))
            else:
                await self._compare_entries(name)
                await self._compare_balance(name)

    async def _compare_entries(self, name: str) -> None:
        told = sorted(line_told(each) for each in await self.services.entries(name))
        expected = sorted(line_expected(each) for each in self.reference.entries(name))
        missing = [each for each in expected if each not in told]
        assert told == expected, (name, "told", [each for each in told if each not in expected], missing)

    async def _compare_balance(self, name: str) -> None:
        balance, expected = await self.services.balance(name), self.reference.told_balance(name)
        told = {field: getattr(balance, field) for field in expected}
        told["next_expiry_on"] = day_told(balance, "next_expiry_on")
        assert told == expected, (name, told, expected)
        assert 0 <= balance.available <= max(0, balance.balance)

    async def _compare_pool(self, pool_id: str) -> None:
        if pool_id in self.reference.pools:
            told, expected = await self.services.pool(pool_id), self.reference.told_pool(pool_id)
            assert told == expected, (pool_id, told, expected)

    async def _compare_liability(self) -> None:
        for days_ago in (0, 30, 365):
            day = self.reference.today() - timedelta(days=days_ago)
            told, expected = await self.services.liability(day), self.reference.liability(day)
            has = {name: getattr(told, name) for name in ("points", "points_owed", "accounts")}
            assert has == {name: expected[name] for name in has}, (day, has, expected)


def _but_replayed(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _but_replayed(value) for name, value in told.items() if name != "replayed"}
    return [_but_replayed(each) for each in told] if isinstance(told, list) else told


async def twins(services: ServicesAtHand, history: History) -> Twins:
    """Both with the first policies applied and nothing else."""
    services.stand_at(datetime.combine(START, time(12), ZONE).astimezone(UTC))
    violations = services.tier_world.apply(policy_of(history.tier))
    assert violations == [], violations
    await services.apply(policy_to_proto(history.points), None)
    program = ReferenceProgram([history.tier], [history.points])
    return Twins(services, ReferencePoints(program, ReferenceTier(program)))
