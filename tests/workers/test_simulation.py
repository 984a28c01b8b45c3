"""The simulated membership: reproducible, plausible, and tuned to LuxeSpa's targets."""

from collections import defaultdict
from datetime import UTC, date, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from carat.points.v1.purchase_pb2 import Purchase
from services.kernel.calendar import day_number
from services.kernel.columns import taken
from workers.simulation.history import History, draw_history, transaction_id
from workers.simulation.messages import lanes, member_batches, purchase_messages
from workers.simulation.personas import HABITS, PERSONAS, PROPERTIES
from workers.simulation.population import Population, draw_population, member_id
from workers.simulation.streams import uniforms

FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2025, 2, 28)
THRESHOLDS = ((0, 0), (300_000, 15), (1_000_000, 30), (2_500_000, 60))


def drawn(members: int, seed: int = 7, first_member: int = 1) -> tuple[Population, History]:
    population = draw_population(members, seed, FIRST_DAY, LAST_DAY, first_member)
    return population, draw_history(population, seed, FIRST_DAY, LAST_DAY)


@pytest.fixture(scope="module", params=[7, 2024])
def membership(request: pytest.FixtureRequest) -> tuple[Population, History]:
    return drawn(20_000, request.param)


@pytest.fixture(scope="module")
def few() -> tuple[Population, History]:
    return drawn(600)


def local_days(history: History) -> NDArray[np.int64]:
    return (history.occurred_at + 8 * 3600) // 86_400


def attained(spend: int, visits: int) -> int:
    return max(level for level, (sen, times) in enumerate(THRESHOLDS) if spend >= sen or visits >= times)


def promotions(
    population: Population, history: History
) -> dict[int, tuple[int, int, list[tuple[int, int, int]]]]:
    """Level, day of reaching it and purchases (day, spend, visits) of each member, told one by one."""
    bought: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    level: dict[int, int] = defaultdict(int)
    since: dict[int, int] = defaultdict(int)
    spend = history.service + history.addon + history.package
    rows = zip(history.member, local_days(history), spend, history.treatments, strict=True)
    for member, day, sen, treatments in ((int(m), int(d), int(s), int(t)) for m, d, s, t in rows):
        bought[member].append((day, sen, treatments))
        window = [each for each in bought[member] if each[0] + 365 > day]
        reached = attained(sum(each[1] for each in window), sum(each[2] for each in window))
        if reached > level[member]:
            level[member] = 2 if reached >= 2 and level[member] == 0 else level[member] + 1
            since[member] = day
    return {member: (level[member], since[member], bought[member]) for member in range(len(population))}


def test_level_shares_come_out_at_luxespas_targets(membership: tuple[Population, History]) -> None:
    reached = [level for level, _, _ in promotions(*membership).values()]
    shares = np.bincount(reached, minlength=4) / len(reached)
    assert shares == pytest.approx([0.40, 0.40, 0.15, 0.05], abs=0.04)


def test_members_buy_less_than_five_times_on_average(membership: tuple[Population, History]) -> None:
    population, history = membership
    assert 4.5 <= len(history) / len(population) <= 5.0


def test_the_first_reviews_are_passed_by_some_and_failed_by_some(
    membership: tuple[Population, History],
) -> None:
    passed: list[bool] = []
    for level, since, bought in promotions(*membership).values():
        review = since + 366
        if level > 0 and review <= day_number(LAST_DAY):
            year = [each for each in bought if since < each[0] <= review]
            passed.append(attained(sum(each[1] for each in year), sum(each[2] for each in year)) >= level)
    assert len(passed) > 0.05 * 20_000
    assert 0.2 < np.mean(passed) < 0.8


def test_lapsing_members_stop_and_returning_ones_come_back(membership: tuple[Population, History]) -> None:
    population, history = membership
    founding = population.enrolled_on < day_number(FIRST_DAY)
    part = (local_days(history) - day_number(FIRST_DAY)) / (day_number(LAST_DAY) - day_number(FIRST_DAY))
    latest = np.zeros(len(population))
    np.maximum.at(latest, history.member, part)
    habit = {each.name: founding & (population.habit == index) for index, each in enumerate(HABITS)}
    assert latest[habit["lapsing"]].max() < 0.35
    assert np.mean(latest[habit["returning"]] > 0.8) > 0.4
    gap = [
        np.sum((part > 0.4) & (part < 0.8) & habit[name][history.member]) for name in ("steady", "returning")
    ]
    assert gap[0] > 0
    assert gap[1] == 0


def test_december_is_busier_than_september(membership: tuple[Population, History]) -> None:
    _, history = membership
    month = local_days(history).astype("datetime64[D]").astype("datetime64[M]")
    in_month = {name: np.sum(month == np.datetime64(name)) for name in ("2024-09", "2024-12")}
    assert in_month["2024-12"] > 1.3 * in_month["2024-09"]


def test_the_same_seed_gives_the_same_membership_and_another_seed_another() -> None:
    (population, history), (again, history_again), (_, other) = drawn(500), drawn(500), drawn(500, seed=8)
    for name in vars(population):
        assert np.array_equal(getattr(population, name), getattr(again, name))
    for name in vars(history):
        assert np.array_equal(getattr(history, name), getattr(history_again, name))
    assert not np.array_equal(history.occurred_at[:100], other.occurred_at[:100])


def test_a_member_is_drawn_alike_in_every_slice(few: tuple[Population, History]) -> None:
    population, history = few
    part, part_history = drawn(100, first_member=301)
    assert np.array_equal(taken(population, np.arange(300, 400)).enrolled_on, part.enrolled_on)
    of_part = taken(history, (history.member >= 300) & (history.member < 400))
    assert np.array_equal(of_part.member - 300, part_history.member)
    for name in set(vars(history)) - {"member"}:
        assert np.array_equal(getattr(of_part, name), getattr(part_history, name)), name


def test_random_numbers_are_the_same_on_every_machine() -> None:
    assert uniforms(7, "visits", np.arange(3)).tolist() == [
        0.9099057668599368,
        0.8727042684516487,
        0.5223494619439331,
    ]


def test_purchases_lie_in_opening_hours_between_enrolment_and_the_last_day(
    few: tuple[Population, History],
) -> None:
    population, history = few
    days = local_days(history)
    hours = (history.occurred_at + 8 * 3600) % 86_400 / 3600
    assert hours.min() >= 10
    assert hours.max() < 22
    assert np.all(days >= population.enrolled_on[history.member])
    assert days.min() >= day_number(FIRST_DAY)
    assert days.max() <= day_number(LAST_DAY)


def test_purchases_are_sorted_by_time_with_unique_printable_ids(few: tuple[Population, History]) -> None:
    _, history = few
    ids = [transaction_id(number) for number in history.number.tolist()]
    assert np.all(np.diff(history.occurred_at) >= 0)
    assert len(set(ids)) == len(ids)
    assert all(len(each) == 12 and each.isascii() and each.isalnum() for each in ids)


def test_who_joins_during_the_history_starts_with_a_treatment_on_that_day(
    few: tuple[Population, History],
) -> None:
    population, history = few
    joined = np.flatnonzero(population.enrolled_on >= day_number(FIRST_DAY))
    assert len(joined) > 0
    for member in joined:
        first = int(np.flatnonzero(history.member == member)[0])
        assert local_days(history)[first] == population.enrolled_on[member]
        assert history.treatments[first] >= 1


def test_every_purchase_is_of_something_at_luxespas_prices(membership: tuple[Population, History]) -> None:
    _, history = membership
    amounts = np.stack([history.service, history.addon, history.product, history.package])
    assert amounts.min() >= 0
    assert amounts.sum(axis=0).min() > 0
    assert np.array_equal(history.service > 0, history.treatments > 0)
    one = history.service[history.treatments == 1]
    assert set(np.unique(one[one < 100_000] // 100)) <= set(range(150, 501))
    assert set(np.unique(one[one >= 100_000] // 100)) <= set(range(1_500, 3_001))
    assert history.package.max() >= 300_000


def test_every_persona_and_every_property_occurs(membership: tuple[Population, History]) -> None:
    population, history = membership
    assert set(np.unique(population.persona)) == set(range(len(PERSONAS)))
    assert set(np.unique(history.property)) == set(range(len(PROPERTIES)))


def test_birthdays_are_real_dates_of_adults_leap_days_among_them(
    membership: tuple[Population, History],
) -> None:
    population, _ = membership
    rows = zip(population.birth_year, population.birth_month, population.birth_day, strict=True)
    born = [date(int(year), int(month), int(day)) for year, month, day in rows if year]
    assert 0.9 < len(born) / len(population) < 1
    assert date(1950, 1, 1) <= min(born) <= max(born) <= date(2006, 12, 31)
    assert any(day.month == 2 and day.day == 29 for day in born)


def test_a_history_may_be_of_one_day_or_of_nobody() -> None:
    population = draw_population(2_000, 7, LAST_DAY, LAST_DAY)
    history = draw_history(population, 7, LAST_DAY, LAST_DAY)
    assert set(local_days(history)) == {day_number(LAST_DAY)}
    assert len(draw_history(draw_population(0, 7, FIRST_DAY, LAST_DAY), 7, FIRST_DAY, LAST_DAY)) == 0


def test_a_last_day_before_the_first_is_refused() -> None:
    with pytest.raises(ValueError, match="before first day"):
        draw_population(1, 7, LAST_DAY, FIRST_DAY)


def test_member_messages_say_what_the_columns_say(few: tuple[Population, History]) -> None:
    population, _ = few
    batches = list(member_batches(population, 250, "tier-a"))
    assert [len(batch) for batch in batches] == [250, 250, 100]
    for row, message in enumerate(message for batch in batches for message in batch):
        enrolled = date(message.enrolled_on.year, message.enrolled_on.month, message.enrolled_on.day)
        assert message.member_id == member_id(row + 1)
        assert day_number(enrolled) == population.enrolled_on[row]
        assert message.tier_system == "tier-a"
        assert message.HasField("birthday") == bool(population.birth_year[row])
        assert message.birthday.day == population.birth_day[row]


def test_purchase_messages_say_what_the_columns_say(few: tuple[Population, History]) -> None:
    population, history = few
    messages = purchase_messages(population, history, ("", "mobile", "shop"))
    assert len(messages) == len(history)
    for row, message in enumerate(messages):
        paid_at = datetime.fromtimestamp(int(history.occurred_at[row]), UTC)
        assert message.transaction_id == transaction_id(int(history.number[row]))
        assert message.member_id == member_id(int(population.number[history.member[row]]))
        assert message.occurred_at.ToDatetime(UTC) == paid_at
        assert message.property_id == ("", "mobile", "shop")[history.property[row]]
        assert message.amounts.service_minor == history.service[row]
        assert message.amounts.addon_minor == history.addon[row]
        assert message.amounts.product_minor == history.product[row]
        assert message.amounts.package_minor == history.package[row]
        assert message.treatments == history.treatments[row]


def test_lanes_hold_every_purchase_once_and_a_members_in_one_lane_by_time(
    few: tuple[Population, History],
) -> None:
    population, history = few
    streams = [list(lane) for lane in lanes(population, history, 3, 200)]
    assert max(len(batch) for stream in streams for batch in stream) == 200
    sent: list[list[Purchase]] = [[each for batch in stream for each in batch] for stream in streams]
    assert all(sent)
    ids = [each.transaction_id for lane in sent for each in lane]
    assert sorted(ids) == sorted(transaction_id(number) for number in history.number.tolist())
    members = [{each.member_id for each in lane} for lane in sent]
    assert sum(map(len, members)) == len(set.union(*members))
    for lane in sent:
        times = [each.occurred_at.seconds for each in lane]
        assert times == sorted(times)
