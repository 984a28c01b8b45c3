"""Which merges are refused or were made already, and what becomes of those that meet (Meanings 23)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from carat.tier.v1 import staff_pb2
from services.runtime.refusal import Refused
from services.tier.refusals import Reason
from tests.tier.records import bought, erase, left_ladder, merge, place, separate
from tests.tier.staff_world import (
    refusal_of,
    staffed,
)
from tests.tier.test_reversal_races import held_up
from tests.tier.world import TierWorld


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1, M2 and M3 at Crystal since the same day, nobody with any activity; M9 in the game."""
    return staffed(tier_world, "M1", "M2", "M3")


REFUSED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("MEMBER_ID_MUST_BE_PRINTABLE", "M 1", "M2", {}),
    ("MEMBER_ID_MUST_BE_PRINTABLE", "M1", "", {}),
    ("MEMBER_UNKNOWN", "nobody", "M2", {}),
    ("MEMBER_UNKNOWN", "M2", "nobody", {}),
    ("MEMBER_UNKNOWN", "nobody", "nobody", {}),
    ("MERGE_MUST_JOIN_TWO", "M2", "M2", {}),
    ("MEMBER_MERGED", "M1", "M2", {}),
    ("MEMBER_MERGED", "M2", "M1", {}),
    ("MEMBER_ERASED", "M4", "M2", {}),
    ("MEMBER_ERASED", "M2", "M4", {}),
    ("ACTOR_REQUIRED", "M2", "M3", {"actor": staff_pb2.Actor(id="a b")}),
    ("NOTE_REQUIRED", "M2", "M3", {"note": ""}),
    ("REQUEST_ID_MUST_BE_PRINTABLE", "M2", "M3", {"request_id": ""}),
    ("REQUEST_ID_REUSED", "M2", "M3", {"request_id": "merge-1"}),
    ("REQUEST_ID_REUSED", "M1", "M3", {"request_id": "merge-1", "note": "otherwise"}),
]


@pytest.mark.parametrize(("reason", "source", "target", "given"), REFUSED)
def test_a_merge_is_refused(
    tier_world: TierWorld, reason: str, source: str, target: str, given: dict[str, Any]
) -> None:
    world = staffed(tier_world, "M1", "M2", "M3", "M4")
    merge(world, "M1", "M3")
    erase(world, "M4")
    asked: Callable[[], object] = lambda: merge(world, source, target, **{"request_id": "merge-2", **given})  # noqa: E731
    assert refusal_of(world, asked) == reason


def test_undoing_a_merge_is_refused(spa: TierWorld) -> None:
    merge(spa, "M1", "M2")
    for reason, merge_id, given in [
        ("MERGE_UNKNOWN", "nothing", {}),
        ("MERGE_UNKNOWN", "no thing", {}),
        ("MERGE_UNKNOWN", "x\x00", {}),
        ("ACTOR_REQUIRED", "nothing", {"actor": staff_pb2.Actor()}),
        ("NOTE_REQUIRED", "merge-1", {"note": ""}),
        ("REQUEST_ID_MUST_BE_PRINTABLE", "merge-1", {"request_id": "R 1"}),
        ("REQUEST_ID_REUSED", "merge-1", {"request_id": "merge-1"}),
    ]:
        asking: dict[str, Any] = {"request_id": "undo", **given}
        assert refusal_of(spa, lambda m=merge_id, a=asking: separate(spa, m, **a)) == reason  # type: ignore[misc]
    separate(spa)
    assert refusal_of(spa, lambda: separate(spa, request_id="again")) == "MERGE_ALREADY_UNDONE"
    merge(spa, "M1", "M2", "second")
    erase(spa, "M2")
    assert refusal_of(spa, lambda: separate(spa, "second")) == "MEMBER_ERASED"
    assert refusal_of(spa, lambda: separate(spa, request_id="again")) == "MERGE_ALREADY_UNDONE"


def test_the_same_requests_again_answer_and_change_nothing(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1"), bought("T2", "M2"))
    merge(spa, "M1", "M2")
    before = spa.snapshot()
    assert merge(spa, "M1", "M2").counted.spend_minor == 200_000
    assert spa.snapshot() == before
    separate(spa)
    before = spa.snapshot()
    source, target = separate(spa)
    assert (source.member.member_id, target.member.member_id) == ("M1", "M2")
    assert merge(spa, "M1", "M2").counted.spend_minor == 100_000
    assert spa.snapshot() == before


def test_a_purchase_of_the_source_that_waits_for_the_merge_is_refused(spa: TierWorld) -> None:
    with ThreadPoolExecutor(2) as threads:
        with held_up(spa, 2):
            merging = threads.submit(merge, spa, "M1", "M2")
            buying = threads.submit(spa.record, bought("T1", "M1"))
        merging.result()
        [result] = buying.result()
    counted = place(spa, "M2")[1]
    assert (result.reason, counted) in [(Reason.MEMBER_MERGED, 0), (0, 100_000)]
    assert left_ladder(spa, "M1")
    assert spa.broken_promises() == []


@pytest.mark.parametrize(
    "merges",
    [
        [("M1", "M2", "one"), ("M2", "M1", "other")],
        [("M1", "M2", "one"), ("M1", "M3", "other")],
        [("M1", "M2", "one"), ("M2", "M3", "other")],
        [("M1", "M3", "one"), ("M2", "M3", "other")],
    ],
)
def test_two_merges_at_once_end_as_one_after_the_other(
    spa: TierWorld, merges: list[tuple[str, str, str]]
) -> None:
    spa.record(*(bought(f"T-{name}", name) for name in ("M1", "M2", "M3")))

    def attempt(asked: tuple[str, str, str]) -> str:
        try:
            merge(spa, *asked)
        except Refused as refused:
            return refused.reason.name
        return ""

    with ThreadPoolExecutor(2) as threads:
        with held_up(spa, 2):
            futures = [threads.submit(attempt, asked) for asked in merges]
        answers = {future.result() for future in futures}
    assert answers in ({""}, {"", "MEMBER_MERGED"})
    assert spa.broken_promises() == []


def test_the_same_merge_twice_at_once_is_one(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1"))
    with ThreadPoolExecutor(2) as threads:
        with held_up(spa, 2):
            futures = [threads.submit(merge, spa, "M1", "M2") for _ in range(2)]
        assert {future.result().counted.spend_minor for future in futures} == {100_000}
    assert len(spa.moves("M2")) == 2


def test_two_who_undo_a_merge_at_once_undo_it_once(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1"))
    merge(spa, "M1", "M2")

    def attempt(request_id: str) -> str:
        try:
            separate(spa, request_id=request_id)
        except Refused as refused:
            return refused.reason.name
        return ""

    with ThreadPoolExecutor(2) as threads:
        with held_up(spa, 2):
            futures = [threads.submit(attempt, request_id) for request_id in ("one", "other")]
        assert {future.result() for future in futures} == {"", "MERGE_ALREADY_UNDONE"}
    assert place(spa, "M1") == ("crystal", 100_000, 1, 1)
    assert len(spa.moves("M1")) == 3
    assert spa.broken_promises() == []
