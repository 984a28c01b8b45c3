"""Which uses of allowances are granted, in the order in which they were made."""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from services.benefits.columns import (
    Allowances,
    Amounts,
    EarlierUses,
    Holders,
    Mask,
    Reasons,
    Rows,
    Texts,
    UseDecisions,
    Uses,
    texts,
)
from services.benefits.policy import AllowanceRules, period_of
from services.benefits.refusals import Reason
from services.kernel.calendar import NEVER
from services.kernel.columns import occurrence_numbers, overlaid, taken

_NONE = -1


def decide_uses(
    uses: Uses,
    refused: Reasons,
    earlier: EarlierUses,
    holders: Holders,
    candidates: Allowances,
    rules: AllowanceRules,
    today: int,
) -> UseDecisions:
    """Grants or refuses each use; several of one allowance are applied in their order, in rounds.

    `refused` are the refusals of the requests by themselves. `candidates` are the allowances around the days
    of the uses, as they stand or to be opened by them. A use may be dated back as long as its period runs.
    """
    decided = _answered_before(uses, _undecided(uses, refused), earlier)
    decided = _with_holders(uses, decided, holders)
    decided = _with_allowances(uses, decided, candidates, today)
    decided = _without_allowances(uses, decided, holders, rules)
    used = candidates.used.astype(np.int64)
    waiting = np.flatnonzero(_open(decided))
    rounds = occurrence_numbers(decided.allowance[waiting].tolist())
    for number in range(int(rounds.max(initial=-1)) + 1):
        decided = _with_round(uses, decided, waiting[rounds == number], candidates, used)
    return decided


def _undecided(uses: Uses, refused: Reasons) -> UseDecisions:
    rows = len(uses)
    return UseDecisions(
        reason=refused,
        replayed=np.zeros(rows, dtype=np.bool_),
        remaining=np.zeros(rows, dtype=np.int32),
        allowance=np.full(rows, _NONE, dtype=np.intp),
        period_start=np.full(rows, NEVER, dtype=np.int32),
        period_end=np.full(rows, NEVER, dtype=np.int32),
        value_limit_minor=np.zeros(rows, dtype=np.int64),
        level_held=texts([""] * rows),
        level_required=texts([""] * rows),
    )


def _open(decided: UseDecisions) -> Mask:
    return decided.granted_now()


def _answered_before(uses: Uses, decided: UseDecisions, earlier: EarlierUses) -> UseDecisions:
    """The first answer again for a known id and payload; a known id with another payload is refused."""
    known = _rows_by(uses.transaction_id, earlier.transaction_id)
    met = _open(decided) & (known != _NONE)
    same = met.copy()
    same[met] = earlier.payload_hash[known[met]] == uses.payload_hash[met]
    remaining = decided.remaining.copy()
    remaining[same] = earlier.remaining[known[same]]
    decided = overlaid(decided, met & ~same, reason=Reason.TRANSACTION_ID_REUSED)
    return replace(decided, replayed=same, remaining=remaining)


def _with_holders(uses: Uses, decided: UseDecisions, holders: Holders) -> UseDecisions:
    holder = _rows_by(uses.member_id, holders.member_id)
    known = holder != _NONE
    level_held = decided.level_held.copy()
    level_held[known] = holders.level[holder[known]]
    decided = overlaid(decided, _open(decided) & ~known, reason=Reason.MEMBER_UNKNOWN)
    return replace(decided, level_held=level_held)


def _with_allowances(uses: Uses, decided: UseDecisions, candidates: Allowances, today: int) -> UseDecisions:
    """Each use with the allowance of the level held around its day, refused where that is over or closed."""
    found = np.where(_open(decided), _allowance_around(uses, decided.level_held, candidates), _NONE)
    has_one = found != _NONE
    period_start, period_end = decided.period_start.copy(), decided.period_end.copy()
    value_limit_minor, over = decided.value_limit_minor.copy(), np.zeros(len(uses), dtype=np.bool_)
    period_start[has_one] = candidates.period_start[found[has_one]]
    period_end[has_one] = candidates.period_end[found[has_one]]
    value_limit_minor[has_one] = candidates.value_limit_minor[found[has_one]]
    over[has_one] = (period_end[has_one] <= today) | (candidates.closed_on[found[has_one]] != NEVER)
    decided = overlaid(decided, over, reason=Reason.PERIOD_NOT_OPEN)
    return replace(
        decided,
        allowance=found,
        period_start=period_start,
        period_end=period_end,
        value_limit_minor=value_limit_minor,
    )


def _allowance_around(uses: Uses, level_held: Texts, candidates: Allowances) -> Rows:
    """The candidate of each use, the earliest where a new policy's period overlaps one that still runs."""
    by_key: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in np.argsort(candidates.period_start, kind="stable").tolist():
        by_key[candidates.member_id[row], candidates.code[row], candidates.level[row]].append(row)
    start, end = candidates.period_start, candidates.period_end
    wanted = zip(uses.member_id, uses.code, level_held, strict=True)
    return np.array(
        [
            next((row for row in by_key.get(key, ()) if start[row] <= day < end[row]), _NONE)
            for key, day in zip(wanted, uses.used_on, strict=True)
        ],
        dtype=np.intp,
    )


def _without_allowances(
    uses: Uses, decided: UseDecisions, holders: Holders, rules: AllowanceRules
) -> UseDecisions:
    """Says of each use that found no allowance what it lacks: the code, the level, or the period."""
    lacking = np.flatnonzero(_open(decided) & (decided.allowance == _NONE))
    asking = taken(uses, lacking)
    system = holders.tier_system[_rows_by(asking.member_id, holders.member_id)]
    day = asking.used_on[:, None]
    in_force = (rules.in_force_from <= day) & (day < rules.in_force_until)
    named = (asking.code[:, None] == rules.code) & in_force
    same_system = named & (system[:, None] == rules.tier_system)
    owed = same_system & (decided.level_held[lacking][:, None] == rules.level)

    reason, level_required = decided.reason.copy(), decided.level_required.copy()
    period_start, period_end = decided.period_start.copy(), decided.period_end.copy()
    reason[lacking] = np.select(
        [~named.any(axis=1), ~owed.any(axis=1)],
        [Reason.ALLOWANCE_UNKNOWN, Reason.LEVEL_REQUIRED],
        Reason.PERIOD_NOT_OPEN,
    )
    for row in np.flatnonzero(reason[lacking] == Reason.LEVEL_REQUIRED):
        wanting = same_system[row] if same_system[row].any() else named[row]
        level_required[lacking[row]] = ", ".join(dict.fromkeys(rules.level[wanting]))
    late = np.flatnonzero(reason[lacking] == Reason.PERIOD_NOT_OPEN)
    if len(late):
        rule = taken(rules, owed[late].argmax(axis=1))
        period_start[lacking[late]], period_end[lacking[late]] = period_of(rule, asking.used_on[late])
    return replace(
        decided,
        reason=reason,
        level_required=level_required,
        period_start=period_start,
        period_end=period_end,
    )


def _with_round(
    uses: Uses, decided: UseDecisions, rows: Rows, candidates: Allowances, used: Amounts
) -> UseDecisions:
    """Decides the given uses, each of another allowance, and counts the granted ones into `used`."""
    allowance, quantity = decided.allowance[rows], uses.quantity[rows].astype(np.int64)
    left = candidates.granted[allowance] - used[allowance]
    limit = candidates.value_limit_minor[allowance]
    # Divided rather than multiplied, because quantity x limit may pass 64 bits.
    each_minor = -(-uses.value_minor[rows] // quantity)
    refused = np.select(
        [
            (quantity > 1) & ~candidates.combinable[allowance],
            quantity > left,
            (limit > 0) & (each_minor > limit),
        ],
        [Reason.COMBINATION_NOT_ALLOWED, Reason.ALLOWANCE_EXHAUSTED, Reason.VALUE_ABOVE_LIMIT],
        Reason.UNSPECIFIED,
    )
    granted = refused == Reason.UNSPECIFIED
    used[allowance[granted]] += quantity[granted]
    reason, remaining = decided.reason.copy(), decided.remaining.copy()
    reason[rows] = refused
    remaining[rows] = left - np.where(granted, quantity, 0)
    return replace(decided, reason=reason, remaining=remaining)


def _rows_by(wanted: Texts, known: Texts) -> Rows:
    """The row of each wanted id among the known ones; -1 where it is unknown."""
    rows = {name: row for row, name in enumerate(known.tolist())}
    return np.array([rows.get(name, _NONE) for name in wanted.tolist()], dtype=np.intp)
