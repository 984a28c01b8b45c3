"""The simulated membership as the messages that are sent."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from carat.points.v1.purchase_pb2 import Purchase
from carat.tier.v1.member_pb2 import Member
from services.kernel.calendar import day_date
from services.kernel.columns import taken
from services.kernel.shards import SHARDS, shard_of
from workers.simulation.history import History, transaction_id
from workers.simulation.personas import PROPERTIES
from workers.simulation.population import Population, member_id


def member_messages(population: Population, tier_system: str = "") -> list[Member]:
    """One message for each member, all in the same tier system (empty: the program's default)."""
    return [
        _member(tier_system, *row)
        for row in zip(
            population.number.tolist(),
            population.enrolled_on.tolist(),
            population.birth_year.tolist(),
            population.birth_month.tolist(),
            population.birth_day.tolist(),
            strict=True,
        )
    ]


def member_batches(population: Population, batch: int, tier_system: str = "") -> Iterator[list[Member]]:
    """All members, in lists of up to `batch`."""
    for start in range(0, len(population), batch):
        rows = np.arange(start, min(start + batch, len(population)))
        yield member_messages(taken(population, rows), tier_system)


def purchase_messages(
    population: Population, history: History, properties: Sequence[str] = PROPERTIES
) -> list[Purchase]:
    """One message for each purchase; `properties` are the ids that stand for PROPERTIES."""
    return [
        _purchase(*row)
        for row in zip(
            history.number.tolist(),
            population.number[history.member].tolist(),
            history.occurred_at.tolist(),
            np.array(properties, dtype=object)[history.property].tolist(),
            history.service.tolist(),
            history.addon.tolist(),
            history.product.tolist(),
            history.package.tolist(),
            history.treatments.tolist(),
            strict=True,
        )
    ]


def lanes(
    population: Population, history: History, count: int, batch: int, properties: Sequence[str] = PROPERTIES
) -> list[Iterator[list[Purchase]]]:
    """The purchases in `count` streams of lists of up to `batch`, to be sent side by side.

    A lane has the members of consecutive shards, so that all purchases of a member are in one
    lane, by time, and lanes do not wait for each other's rows.
    """
    shards = shard_of(map(member_id, population.number.tolist())).astype(np.int64)
    lane_of_purchase = (shards * count // SHARDS)[history.member]
    return [
        _batches(population, history, np.flatnonzero(lane_of_purchase == lane), batch, properties)
        for lane in range(count)
    ]


def _batches(
    population: Population, history: History, rows: NDArray[np.intp], batch: int, properties: Sequence[str]
) -> Iterator[list[Purchase]]:
    for start in range(0, len(rows), batch):
        yield purchase_messages(population, taken(history, rows[start : start + batch]), properties)


def _member(tier_system: str, number: int, enrolled_on: int, year: int, month: int, day: int) -> Member:
    message = Member(member_id=member_id(number), tier_system=tier_system)
    enrolled = day_date(enrolled_on)
    message.enrolled_on.year = enrolled.year
    message.enrolled_on.month = enrolled.month
    message.enrolled_on.day = enrolled.day
    if year:
        message.birthday.year = year
        message.birthday.month = month
        message.birthday.day = day
    return message


def _purchase(
    number: int,
    member: int,
    occurred_at: int,
    property_id: str,
    service: int,
    addon: int,
    product: int,
    package: int,
    treatments: int,
) -> Purchase:
    """Fields are set one by one, and only where they are not 0: twice as fast as the constructor."""
    message = Purchase(
        transaction_id=transaction_id(number), member_id=member_id(member), treatments=treatments
    )
    message.occurred_at.seconds = occurred_at
    if property_id:
        message.property_id = property_id
    amounts = message.amounts
    if service:
        amounts.service_minor = service
    if addon:
        amounts.addon_minor = addon
    if product:
        amounts.product_minor = product
    if package:
        amounts.package_minor = package
    return message
