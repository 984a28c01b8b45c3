"""Revisions with members standing: edits that wait, come and go, are cancelled, and never change what was."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from carat.tier.v1 import revision_pb2, tier_service_pb2
from carat.tier.v1.revision_pb2 import RevisionState as State
from services.runtime.program_messages import day_to_proto
from services.runtime.refusal import Refused
from services.tier.refusals import Reason
from services.tier.rules.revisions import RevisionState
from tests.tier.calls import asked
from tests.tier.edited_spa import (
    CRYSTAL,
    GENEROUS,
    PEARL,
    PLATINUM,
    SAPPHIRE,
    SUMMER,
    TODAY,
    WITH_PEARL,
    apply_in_summer,
    cancelled,
    earned,
    level_of,
    spa_of_two,
)
from tests.tier.policies import POLICY, with_sapphire, with_spa
from tests.tier.world import TierWorld


@pytest.fixture
def world(tier_world: TierWorld) -> TierWorld:
    """See spa_of_two."""
    return spa_of_two(tier_world)


def revisions(world: TierWorld) -> list[tuple[int, str]]:
    told = asked(world, "ListRevisions", revision_pb2.ListRevisionsRequest()).revisions
    return [(each.revision.number, State.Name(each.state).removeprefix("REVISION_STATE_")) for each in told]


def in_force(world: TierWorld, on: date) -> Any:
    request = tier_service_pb2.GetPolicyRequest(as_of=day_to_proto(on))
    return asked(world, "GetPolicy", request).revision


def test_values_of_a_range_hold_within_it_and_the_former_ones_after_it(world: TierWorld) -> None:
    assert apply_in_summer(world) == []
    days = [date(2025, 6, 30), *SUMMER]
    assert [earned(world, day) for day in days] == [(125, 1), (200, 2), (125, 1)]
    assert [in_force(world, day).number for day in days] == [1, 2, 1]
    assert in_force(world, SUMMER[0]).effective_until == day_to_proto(SUMMER[1])
    assert not in_force(world, days[0]).HasField("effective_until")


def test_a_purchase_is_priced_by_its_own_day_however_late_it_is_recorded(world: TierWorld) -> None:
    assert apply_in_summer(world) == []
    world.today = date(2025, 9, 1)
    assert [earned(world, day) for day in (SUMMER[0], date(2025, 7, 31), SUMMER[1], TODAY)] == [
        (200, 2),
        (200, 2),
        (125, 1),
        (125, 1),
    ]


def test_a_range_that_was_cancelled_before_it_started_never_holds(world: TierWorld) -> None:
    assert apply_in_summer(world) == []
    assert level_of(world, "M1", SUMMER[0]) == "sapphire"
    record = cancelled(world, 2)
    assert (record.state, record.HasField("cancelled_at")) == (State.REVISION_STATE_CANCELLED, True)
    assert earned(world, SUMMER[0]) == (125, 1)


def test_the_days_of_a_cancelled_range_are_free_again_and_its_number_is_not(world: TierWorld) -> None:
    assert apply_in_summer(world) == []
    assert apply_in_summer(world, with_sapphire(name="Saphir")) == ["MUST_NOT_OVERLAP"]
    cancelled(world, 2)
    assert apply_in_summer(world, with_sapphire(name="Saphir")) == []
    assert revisions(world) == [(3, "PENDING"), (2, "CANCELLED"), (1, "IN_FORCE")]


def test_a_cancelled_edit_without_end_leaves_the_former_values(world: TierWorld) -> None:
    assert world.apply(WITH_PEARL, SUMMER[0]) == []
    cancelled(world, 2)
    assert earned(world, SUMMER[1]) == (125, 1)
    # What only the cancelled one named may be left out again.
    assert world.apply(GENEROUS) == []


def test_revisions_are_listed_with_what_has_become_of_them(world: TierWorld) -> None:
    assert apply_in_summer(world) == []
    assert world.apply(WITH_PEARL, date(2025, 9, 1)) == []
    story = {
        TODAY: ["PENDING", "PENDING", "IN_FORCE"],
        SUMMER[0]: ["PENDING", "IN_FORCE", "PENDING"],
        SUMMER[1]: ["PENDING", "OVER", "IN_FORCE"],
        date(2025, 9, 1): ["IN_FORCE", "OVER", "OVER"],
    }
    for world.today, states in story.items():
        assert [state for _, state in revisions(world)] == states


@pytest.mark.parametrize(
    ("number", "today", "reason"),
    [
        (0, TODAY, Reason.REVISION_UNKNOWN),
        (4, TODAY, Reason.REVISION_UNKNOWN),
        (1, TODAY, Reason.REVISION_HAS_STARTED),
        (2, SUMMER[0], Reason.REVISION_HAS_STARTED),
        (2, date(2026, 1, 1), Reason.REVISION_HAS_STARTED),
        (3, TODAY, Reason.REVISION_ALREADY_CANCELLED),
        (3, date(2026, 1, 1), Reason.REVISION_ALREADY_CANCELLED),
    ],
)
def test_only_what_has_not_started_can_be_cancelled_and_only_once(
    world: TierWorld, number: int, today: date, reason: Reason
) -> None:
    assert apply_in_summer(world) == []
    assert world.apply(GENEROUS, date(2025, 9, 1)) == []
    cancelled(world, 3)
    world.today, before = today, world.snapshot()
    with pytest.raises(Refused) as refused:
        cancelled(world, number)
    assert refused.value.reason == reason
    assert world.snapshot() == before


def test_what_a_range_lies_upon_is_cancelled_after_it(world: TierWorld) -> None:
    assert world.apply(WITH_PEARL, SUMMER[0]) == []
    richer = with_spa(levels=(CRYSTAL, PEARL, replace(SAPPHIRE, multiplier_bp=20_000), PLATINUM))
    assert world.applied(richer, date(2025, 7, 10), effective_until=SUMMER[1]).violations == []
    before = world.snapshot()
    with pytest.raises(Refused) as refused:
        cancelled(world, 2)
    assert [(found.path, found.rule) for found in refused.value.mistakes] == [
        ("number", "RANGE_MUST_NOT_ADD")
    ]
    assert world.snapshot() == before
    assert [cancelled(world, number).revision.number for number in (3, 2)] == [3, 2]


def test_overlapping_ranges_are_refused_and_nothing_is_written(world: TierWorld) -> None:
    assert apply_in_summer(world) == []
    before = world.snapshot()
    for since, until in [
        (date(2025, 7, 31), date(2025, 9, 1)),
        (date(2025, 6, 1), date(2025, 7, 2)),
        (date(2025, 6, 15), None),
    ]:
        [found] = world.applied(with_sapphire(name="Saphir"), since, effective_until=until).violations
        assert found.rule.name == "MUST_NOT_OVERLAP"
    assert world.snapshot() == before


def test_applying_the_same_again_changes_nothing_with_or_without_a_range(world: TierWorld) -> None:
    assert apply_in_summer(world) == []
    before = world.snapshot()
    for world.today in (TODAY, SUMMER[0], SUMMER[1]):
        again = world.applied(GENEROUS, SUMMER[0], effective_until=SUMMER[1])
        assert (again.changed, again.violations, again.revision.number) == (False, [], 2)
        # The file of every day lies below the range and stays what it is.
        assert not world.applied(POLICY).changed
    assert world.snapshot() == before


def test_a_range_of_what_holds_anyway_changes_nothing(world: TierWorld) -> None:
    before = world.snapshot()
    applied = world.applied(POLICY, SUMMER[0], effective_until=SUMMER[1])
    assert (applied.changed, applied.violations, applied.revision.number) == (False, [], 1)
    assert world.snapshot() == before


def test_what_was_in_force_once_is_not_in_force_because_a_past_day_is_named(world: TierWorld) -> None:
    assert world.apply(GENEROUS, TODAY) == []
    world.today = SUMMER[0]
    [found] = world.applied(POLICY, date(2025, 5, 1)).violations
    assert found.rule.name == "MUST_NOT_BE_RETROACTIVE"
    assert not world.applied(GENEROUS, TODAY).changed


def test_what_a_pending_revision_removes_nothing_of_may_still_be_named(world: TierWorld) -> None:
    assert world.apply(WITH_PEARL, SUMMER[1]) == []
    # A range in the days before knows nothing of Pearl, a later edit must keep it.
    assert world.applied(GENEROUS, TODAY, effective_until=SUMMER[0]).violations == []
    [found] = world.applied(GENEROUS, date(2025, 9, 1)).violations
    assert found.rule.name == "MUST_NOT_BE_REMOVED"


def test_a_run_goes_by_the_revisions_that_it_was_planned_with(world: TierWorld) -> None:
    current = world.book.current
    assert apply_in_summer(world) == []
    pinned = world.database.transact(lambda _: current(world.database.fetch_arrow, 1))
    whole = world.database.transact(lambda _: current(world.database.fetch_arrow))
    assert [policy.revision_numbers.tolist() for policy in (pinned, whole)] == [[1], [1, 2, 1]]


def test_states_are_numbered_as_in_the_contract() -> None:
    assert {state.name: state.value for state in RevisionState} == {
        name.removeprefix("REVISION_STATE_"): number for name, number in State.items() if number
    }


def test_an_end_that_no_calendar_has_is_told(world: TierWorld) -> None:
    before = world.snapshot()
    request = tier_service_pb2.ApplyPolicyRequest(validate_only=True)
    request.effective_until.year, request.effective_until.month, request.effective_until.day = 2025, 2, 30
    with pytest.raises(Refused) as refused:
        asked(world, "ApplyPolicy", request)
    assert ("effective_until", "REQUIRED") in {(found.path, found.rule) for found in refused.value.mistakes}
    assert world.snapshot() == before
