"""Calls that queue while a batch is under way become the next batch."""

import asyncio
from collections.abc import Sequence

import pytest

from services.runtime.coalescer import Coalescer


class Desk:
    """Flushes that wait until they are let go, and remember what they were given."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()

    async def flush(self, items: Sequence[str]) -> list[str]:
        self.batches.append(list(items))
        await self.gate.wait()
        return [item.upper() for item in items]


async def turn() -> None:
    """Lets everything that is ready run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_idle_coalescer_flushes_at_once_and_a_busy_one_fills_up() -> None:
    desk = Desk()
    coalescer = Coalescer(desk.flush, key=str, cap=10)
    first = asyncio.create_task(coalescer.submit("a"))
    await turn()
    rest = [asyncio.create_task(coalescer.submit(item)) for item in "bcd"]
    await turn()
    assert desk.batches == [["a"]]
    desk.gate.set()
    assert await asyncio.gather(first, *rest) == ["A", "B", "C", "D"]
    assert desk.batches == [["a"], ["b", "c", "d"]]


async def test_no_batch_is_larger_than_the_cap() -> None:
    desk = Desk()
    desk.gate.set()
    coalescer = Coalescer(desk.flush, key=str, cap=2)
    answers = await asyncio.gather(*(coalescer.submit(item) for item in "abcde"))
    assert answers == ["A", "B", "C", "D", "E"]
    assert max(map(len, desk.batches)) == 2


async def test_a_repeated_call_waits_for_the_first_to_be_recorded() -> None:
    desk = Desk()
    coalescer = Coalescer(desk.flush, key=str, cap=10, lanes=2)
    tasks = [asyncio.create_task(coalescer.submit(item)) for item in ("x", "x", "y")]
    await turn()
    assert [item for batch in desk.batches for item in batch].count("x") == 1
    desk.gate.set()
    assert await asyncio.gather(*tasks) == ["X", "X", "Y"]
    assert all(batch.count("x") <= 1 for batch in desk.batches)


async def test_the_error_of_a_batch_is_told_to_each_of_its_callers_and_the_next_goes_on() -> None:
    failures = iter([ValueError("away"), None])

    async def flush(items: Sequence[str]) -> list[str]:
        if failure := next(failures):
            raise failure
        return list(items)

    coalescer = Coalescer(flush, key=str, cap=10)
    with pytest.raises(ValueError, match="away"):
        await coalescer.submit("a")
    assert await coalescer.submit("a") == "a"


async def test_a_caller_who_went_away_takes_nobody_along() -> None:
    desk = Desk()
    coalescer = Coalescer(desk.flush, key=str, cap=10)
    gone = asyncio.create_task(coalescer.submit("a"))
    await turn()
    stays = asyncio.create_task(coalescer.submit("b"))
    gone.cancel()
    await turn()
    desk.gate.set()
    assert await stays == "B"
