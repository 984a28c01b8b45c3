"""The business objectives of a program, computed from history (LuxeSpa, Business Objectives)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import window_start
from services.tier.policy import Policy
from services.tier.store.objectives import count_buyers, count_holders, read_sales

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Retention:
    """Members who held a level on the first day of the period, and those of them who bought in it."""

    level: int
    members: int
    retained: int


@dataclass(frozen=True, slots=True)
class Objectives:
    """The figures of twelve months; retention by level, lowest first."""

    first: int
    last: int
    retentions: Sequence[Retention]
    members_before: int
    churned: int
    spend: int
    top_two_spend: int
    active_members: int
    visits: int


def first_of_year_until(last: int) -> int:
    """The first of the twelve months that end with a day."""
    return int(window_start(np.array([last], dtype=np.int32), _MONTHS)[0])


def compute_objectives(connection: sa.Connection, policy: Policy, system: int, last: int) -> Objectives:
    """The figures of a system for the twelve months that end with a day.

    Who bought before is told from the twelve months before these; what was bought from a level is told by the
    ranks of the day of the purchase.
    """
    first = first_of_year_until(last)
    sales = read_sales(connection, system, first, last)
    revision = policy.revision_on(sales["occurred_on"])
    rank = policy.ladders.rank_of[revision, system, sales["level"]]
    top_two = rank >= policy.ladders.top_rank[revision, system] - 1
    buyers = count_buyers(connection, system, first_of_year_until(first - 1), first, last)
    return Objectives(
        first=first,
        last=last,
        retentions=_retentions(count_holders(connection, system, first, last), policy, system, last),
        members_before=buyers.before,
        churned=buyers.before - buyers.returned,
        spend=int(sales["spend"].sum()),
        top_two_spend=int(sales["spend"][top_two].sum()),
        active_members=buyers.active,
        visits=int(sales["visits"].sum()),
    )


def _retentions(
    holders: dict[int, tuple[int, int]], policy: Policy, system: int, day: int
) -> list[Retention]:
    """One for each level of the ladder of a day."""
    revision = policy.revision_on(np.array([day], dtype=np.int32))[0]
    ladder = policy.ladders.level_at[revision, system, : policy.ladders.top_rank[revision, system] + 1]
    return [Retention(level, *holders.get(level, (0, 0))) for level in ladder.tolist()]
