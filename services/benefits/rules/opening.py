"""Which allowances must be open as of a day."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from services.benefits.columns import Allowances, Holders, Mask, Openings, Rows, Texts
from services.benefits.policy import AllowanceRules, period_of
from services.kernel.calendar import Days
from services.kernel.columns import occurrence_numbers, taken


def decide_openings(holders: Holders, as_of: Days, opened: Allowances, rules: AllowanceRules) -> Openings:
    """What the level of each holder is owed as of the holder's day and is not among `opened`.

    The terms are those in force on that day, granted in full whenever the level was entered (DECISIONS,
    Meanings 15). Nothing is owed for a period that ended before the level was entered, and nothing while an
    allowance of the same code still runs: a new policy never adds to what has been opened (Meanings 17).
    """
    holder, rule = _owed(holders, as_of, rules)
    owed, day = taken(rules, rule), as_of[holder]
    start, end = period_of(owed, day)
    since = holders.since[holder]
    missing = (end > since) & ~_running(holders, holder, owed.code, day, opened)
    holder, owed, start, end = holder[missing], taken(owed, missing), start[missing], end[missing]
    return Openings(
        shard=holders.shard[holder],
        member_id=holders.member_id[holder],
        code=owed.code,
        level=owed.level,
        period_start=start,
        period_end=end,
        granted=owed.quantity,
        value_limit_minor=owed.value_limit_minor,
        combinable=owed.combinable,
        revision=owed.revision,
        opened_on=np.maximum(start, since[missing]),
        holder_version=holders.version[holder],
    )


def decide_openings_around(
    holders: Holders, member_id: Texts, days: Days, opened: Allowances, rules: AllowanceRules
) -> Openings:
    """What must be open for each of the given members on the day beside it, each allowance once.

    Members who are not among the holders are owed nothing.
    """
    rows = {member: row for row, member in enumerate(holders.member_id.tolist())}
    asked = dict.fromkeys(zip(member_id.tolist(), days.tolist(), strict=True))
    known = [(rows[member], day) for member, day in asked if member in rows]
    there = taken(holders, np.array([row for row, _ in known], dtype=np.intp))
    openings = decide_openings(there, np.array([day for _, day in known], dtype=np.int32), opened, rules)
    keys = zip(openings.member_id, openings.code, openings.level, openings.period_start.tolist(), strict=True)
    return taken(openings, occurrence_numbers(list(keys)) == 0)


def ladder_numbers(systems: Texts, levels: Texts, known: Sequence[tuple[str, str]]) -> Rows:
    """The place of each (tier system, level) among the known ones; -1 for any other."""
    places = {ladder: place for place, ladder in enumerate(known)}
    pairs = zip(systems.tolist(), levels.tolist(), strict=True)
    return np.array([places.get(pair, -1) for pair in pairs], dtype=np.intp)


def _owed(holders: Holders, as_of: Days, rules: AllowanceRules) -> tuple[Rows, Rows]:
    """All pairs of a holder and a rule of the holder's level that is in force on the holder's day."""
    if not len(holders) or not len(rules):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    near = np.flatnonzero((rules.in_force_from <= as_of.max()) & (rules.in_force_until > as_of.min()))
    known = list(
        dict.fromkeys(zip(rules.tier_system[near].tolist(), rules.level[near].tolist(), strict=True))
    )
    held = ladder_numbers(holders.tier_system, holders.level, known)
    owing = ladder_numbers(rules.tier_system[near], rules.level[near], known)
    in_force = (rules.in_force_from[near] <= as_of[:, None]) & (as_of[:, None] < rules.in_force_until[near])
    holder, rule = np.nonzero((held[:, None] == owing) & in_force)
    return holder, near[rule]


def _running(holders: Holders, holder: Rows, codes: Texts, days: Days, opened: Allowances) -> Mask:
    """Where an allowance of the code and level is among `opened` and its period has the day."""
    periods: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for member, code, level, start, end in zip(
        opened.member_id, opened.code, opened.level, opened.period_start, opened.period_end, strict=True
    ):
        periods[member, code, level].append((start, end))
    wanted = zip(holders.member_id[holder], codes, holders.level[holder], days, strict=True)
    return np.array(
        [
            any(start <= day < end for start, end in periods.get((member, code, level), ()))
            for member, code, level, day in wanted
        ],
        dtype=np.bool_,
    )
