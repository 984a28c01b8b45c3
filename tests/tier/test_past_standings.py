"""Where a member stood on any past day: as GetStanding told it on that day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from carat.tier.v1 import member_pb2, standing_pb2, tier_service_pb2
from services.runtime.program_messages import day_to_proto
from services.tier.policy_document import Maintenance, TierPolicy, TierSystem
from tests.tier.calls import asked
from tests.tier.policies import AUTOMATIC, GAME, GAME_LEVELS, SPA, SPA_LEVELS
from tests.tier.records import erase, merge, separate, update
from tests.tier.refunds import refund, reverse
from tests.tier.staff_world import held_for_life, lock, move, refusal_of, staffed
from tests.tier.world import TierWorld, purchase

JOINED = date(2024, 1, 10)
Event = Callable[[TierWorld], object]


def one(system: TierSystem) -> TierPolicy:
    """A program of one ladder, whose members join by their first purchase."""
    return replace(AUTOMATIC, systems=(system,), default_system=system.external_id)


def buying(number: int, on: date, spend_minor: int, visits: int = 0) -> tuple[date, Event]:
    item = purchase(
        f"T{number}", "M1", on, spend_minor=spend_minor, visits=visits, base_points=spend_minor // 100
    )
    return on, lambda world: world.record(item)


def refunding(number: int, on: date, spend_minor: int = 0) -> tuple[date, Event]:
    item = refund(f"T{number}", on, reversal_id=f"R{number}-{spend_minor}", spend_minor=spend_minor)
    return on, lambda world: reverse(world, item)


def reviewing(on: date) -> tuple[date, Event]:
    return on, lambda world: world.run_review(on)


def ending_grace(on: date) -> tuple[date, Event]:
    return on, lambda world: world.run_grace(on)


def acting(on: date, act: Event) -> tuple[date, Event]:
    """What staff do on a day: it takes effect on the present one."""

    def on_the_day(world: TierWorld) -> None:
        usual, world.today = world.today, on
        act(world)
        world.today = usual

    return on, on_the_day


CLIMBING = [
    buying(1, date(2024, 3, 1), 200_000, 2),
    buying(2, date(2024, 4, 1), 150_000, 1),
    refunding(1, date(2024, 4, 20), 10_000),
    buying(3, date(2024, 5, 2), 800_000, 3),
    refunding(3, date(2024, 6, 1)),
    buying(4, date(2024, 8, 31), 30_000),
]
# The policy, what happens, and days in whose evening something fell due: in their course it was open, later it is told.
STORIES: dict[str, tuple[Any, ...]] = {
    "a year on the anniversary ladder": (
        one(SPA),
        [
            *CLIMBING,
            reviewing(date(2025, 4, 1)),
            buying(5, date(2025, 5, 1), 300_000),
            refunding(5, date(2025, 5, 20)),
            ending_grace(date(2025, 7, 1)),
            buying(6, date(2025, 7, 30), 1_200_000),
        ],
    ),
    "settled late, by the next purchase": (
        one(SPA),
        [*CLIMBING, buying(5, date(2026, 9, 1), 1_000)],
        date(2025, 4, 1),
    ),
    "checked continuously": (
        one(replace(SPA, maintenance=Maintenance.CONTINUOUS)),
        [*CLIMBING, buying(5, date(2026, 9, 1), 1_000)],
        date(2025, 3, 1),
    ),
    "inactive, and held for life": (
        one(
            replace(
                SPA,
                inactive_months=2,
                levels=(*SPA_LEVELS[:2], replace(SPA_LEVELS[2], lifetime_years=1)),
            )
        ),
        [
            buying(1, date(2024, 3, 1), 1_000, 1),
            buying(2, date(2024, 7, 1), 1_000, 1),
            buying(3, date(2024, 8, 1), 1_000_000),
            buying(4, date(2025, 9, 15), 1_000),
        ],
        date(2024, 5, 1),
        date(2025, 8, 1),
    ),
    "moved and locked": (
        one(SPA),
        [
            *CLIMBING,
            acting(date(2024, 10, 1), lambda world: move(world, "platinum", request_id="A1")),
            acting(
                date(2025, 9, 1),
                lambda world: lock(world, request_id="A2", locked_until=date(2025, 12, 1)),
            ),
            buying(5, date(2025, 11, 1), 1_000),
            acting(date(2025, 11, 15), lambda world: lock(world, request_id="A3")),
            buying(6, date(2026, 11, 1), 1_000),
        ],
        date(2026, 10, 1),
    ),
    "in another system": (
        replace(AUTOMATIC, systems=(SPA, GAME)),
        [
            *CLIMBING,
            acting(date(2024, 9, 15), lambda world: update(world, tier_system="game")),
            buying(5, date(2024, 10, 2), 200_000),
        ],
    ),
    "merged, separated and erased": (
        one(SPA),
        [
            (date(2024, 2, 1), lambda world: world.record(purchase("X1", "M2", date(2024, 2, 1), visits=20))),
            *CLIMBING,
            acting(date(2024, 9, 15), lambda world: merge(world, "M2", "M1")),
            buying(5, date(2024, 10, 2), 200_000, 1),
            acting(date(2024, 11, 15), lambda world: separate(world)),
            buying(6, date(2024, 12, 2), 10_000, 1),
            acting(date(2025, 1, 3), lambda world: erase(world)),
            refunding(5, date(2025, 2, 1)),
        ],
    ),
    "given up for another": (
        one(SPA),
        [
            (date(2024, 2, 1), lambda world: world.record(purchase("X1", "M2", date(2024, 2, 1), visits=20))),
            *CLIMBING,
            acting(date(2024, 9, 15), lambda world: merge(world, "M1", "M2")),
            refunding(4, date(2024, 10, 1)),
            acting(date(2024, 11, 15), lambda world: separate(world)),
            buying(6, date(2024, 12, 2), 10_000, 1),
        ],
    ),
    "from reset to reset": (
        one(replace(GAME, levels=(GAME_LEVELS[0], replace(GAME_LEVELS[1], grace_months=2)))),
        [
            buying(1, date(2024, 2, 5), 120_000),
            buying(2, date(2024, 3, 10), 10_000),
            buying(3, date(2024, 4, 15), 90_000),
            refunding(3, date(2024, 4, 20)),
            buying(4, date(2024, 9, 1), 10_000),
        ],
    ),
}


def asked_day_by_day(world: TierWorld, story: list[tuple[date, Event]]) -> dict[date, object]:
    """Plays the story; what GetStanding answers at the end of days of it: around the events, and once a month."""
    told: dict[date, object] = {}
    events = sorted(story, key=lambda event: event[0])
    near = {on + timedelta(days=days) for on, _ in events for days in (-1, 0, 1)}
    day = JOINED
    while day <= events[-1][0]:
        for on, event in events:
            if on == day:
                event(world)
        if day in near or day.day == 1:
            told[day] = world.standing("M1", day)
        day += timedelta(days=1)
    return told


def standing_alone(standing: object) -> object:
    """Without the record, of which the present is told, and moves that are told as of their day once recorded."""
    if isinstance(standing, standing_pb2.Standing):
        standing.ClearField("latest_moves")
        standing.ClearField("member")
    return standing


@pytest.mark.parametrize("story", STORIES)
def test_every_past_day_is_told_as_it_was_told_on_that_day(tier_world: TierWorld, story: str) -> None:
    policy, events, *in_the_evening = STORIES[story]
    assert tier_world.apply(policy) == []
    joining = member_pb2.Member(member_id="M1", enrolled_on=day_to_proto(JOINED))
    assert tier_world.enrol(joining) == [("", True)]
    then = asked_day_by_day(tier_world, events)
    different = [
        day
        for day, standing in then.items()
        if standing_alone(tier_world.standing("M1", day)) != standing_alone(standing)
    ]
    assert different == in_the_evening
    assert tier_world.broken_promises() == []


def test_the_moves_of_a_past_day_are_those_up_to_it(tier_world: TierWorld) -> None:
    assert tier_world.apply(one(SPA)) == []
    asked_day_by_day(tier_world, CLIMBING)
    standing = tier_world.standing("M1", date(2024, 4, 30))
    assert isinstance(standing, standing_pb2.Standing)
    assert [move.to_level for move in standing.latest_moves] == ["sapphire", "crystal"]


def test_a_day_before_the_enrolment_is_refused(tier_world: TierWorld) -> None:
    assert tier_world.apply(one(SPA)) == []
    asked_day_by_day(tier_world, CLIMBING)
    before = tier_world.snapshot()
    assert tier_world.standing("M1", date(2024, 2, 29)) == "DATE_BEFORE_ENROLMENT"
    assert tier_world.snapshot() == before


@pytest.mark.parametrize("as_of", [date(2200, 1, 1), date(9999, 12, 31)])
def test_a_day_that_no_calendar_of_resets_reaches_is_refused(tier_world: TierWorld, as_of: date) -> None:
    staffed(tier_world, "M1")
    held_for_life(tier_world, "M1")
    request = tier_service_pb2.GetStandingRequest(member_id="M1", as_of=day_to_proto(as_of))
    assert refusal_of(tier_world, lambda: asked(tier_world, "GetStanding", request)) == "DATE_MUST_BE_VALID"
