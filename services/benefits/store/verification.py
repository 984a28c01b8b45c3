"""The promises of Benefits, checked on live data by set-based statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.benefits.policy import AllowanceRules
from services.benefits.store.allowances import is_granted_in
from services.benefits.tables import ALLOWANCE, ALLOWANCE_USE, AWARD, HOLDER

MEMBERS_NAMED = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One promise as a sentence, the rows that it is about, and those of them that break it."""

    promise: str
    checked: sa.Select[int]
    breaking: sa.Select[tuple[str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found, with up to 20 members who break the promise."""

    promise: str
    checked: int
    breaches: int
    members: Sequence[str]


@dataclass(frozen=True, slots=True)
class HolderCount:
    """How many members are known at one level."""

    tier_system: str
    level: str
    members: int


def checks(rules: AllowanceRules) -> list[Check]:
    """Every promise of this service that live data can show broken."""
    return [
        Check("An award is granted once", _rows_of(AWARD), _granted_twice()),
        Check("The uses of an allowance add up to its used count", _rows_of(ALLOWANCE), _miscounted()),
        Check(
            "An allowance is used no more often than it was granted",
            _rows_of(ALLOWANCE),
            sa.select(ALLOWANCE.c.member_id).where(~ALLOWANCE.c.used.between(0, ALLOWANCE.c.granted)),
        ),
        Check(
            "An allowance is opened once for each member, level and period", _rows_of(ALLOWANCE), _repeated()
        ),
        Check(
            "An allowance that is not over is open exactly while its level is held",
            _rows_of(ALLOWANCE),
            _out_of_step(rules),
        ),
    ]


def read_verdict(connection: sa.Connection, check: Check) -> Verdict:
    """Runs one check."""
    breaking = check.breaking.subquery("breaking")
    members = sa.select(breaking.c.member_id).distinct().order_by(breaking.c.member_id).limit(MEMBERS_NAMED)
    return Verdict(
        promise=check.promise,
        checked=connection.scalar(check.checked) or 0,
        breaches=connection.scalar(sa.select(sa.func.count()).select_from(breaking)) or 0,
        members=list(connection.scalars(members)),
    )


def read_holder_counts(connection: sa.Connection) -> list[HolderCount]:
    """Members known at each level, for comparison with Tier."""
    level = (HOLDER.c.tier_system, HOLDER.c.level)
    rows = connection.execute(sa.select(*level, sa.func.count()).group_by(*level).order_by(*level))
    return [HolderCount(*row) for row in rows]


def _rows_of(table: sa.Table) -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(table)


def _miscounted() -> sa.Select[tuple[str]]:
    key = ("shard", "member_id", "code", "level", "period_start")
    used = (
        sa.select(
            *(ALLOWANCE_USE.c[name] for name in key), sa.func.sum(ALLOWANCE_USE.c.quantity).label("quantity")
        )
        .group_by(*(ALLOWANCE_USE.c[name] for name in key))
        .subquery("used")
    )
    same = sa.and_(*(ALLOWANCE.c[name] == used.c[name] for name in key))
    return (
        sa.select(sa.func.coalesce(ALLOWANCE.c.member_id, used.c.member_id).label("member_id"))
        .select_from(sa.join(ALLOWANCE, used, same, full=True))
        .where(sa.func.coalesce(ALLOWANCE.c.used, -1) != sa.func.coalesce(used.c.quantity, 0))
    )


def _repeated() -> sa.Select[tuple[str]]:
    key: list[sa.Column[Any]] = [
        ALLOWANCE.c[name] for name in ("shard", "member_id", "code", "level", "period_start")
    ]
    return sa.select(ALLOWANCE.c.member_id).group_by(*key).having(sa.func.count() > 1)


def _out_of_step(rules: AllowanceRules) -> sa.Select[tuple[str]]:
    same = sa.and_(ALLOWANCE.c.shard == HOLDER.c.shard, ALLOWANCE.c.member_id == HOLDER.c.member_id)
    not_over = sa.func.coalesce(ALLOWANCE.c.period_end > HOLDER.c.since, sa.true())
    at_level = (ALLOWANCE.c.level == HOLDER.c.level) & is_granted_in(HOLDER.c.tier_system, rules)
    held = sa.func.coalesce(at_level, sa.false())
    return (
        sa.select(ALLOWANCE.c.member_id)
        .select_from(sa.join(ALLOWANCE, HOLDER, same, isouter=True))
        .where(not_over, held != ALLOWANCE.c.closed_on.is_(None))
    )


def _granted_twice() -> sa.Select[tuple[str]]:
    member = sa.func.min(AWARD.c.member_id).label("member_id")
    return sa.select(member).group_by(AWARD.c.award_id).having(sa.func.count() > 1)
