"""Recording a batch of reversals, each once for ever."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa

from services.kernel.columns import Index, Mask, occurrence_numbers, put, taken
from services.kernel.program import is_code
from services.runtime.database import fetching
from services.tier.columns import Ids, Standings
from services.tier.policy import Policy
from services.tier.refusals import Reason
from services.tier.rules.retracing import NOWHERE, retraced
from services.tier.rules.reversals import (
    Left,
    Reversals,
    TakenBack,
    decide_reversal_refusals,
    decide_reversals,
)
from services.tier.store import reversals as store
from services.tier.store.histories import read_histories
from services.tier.store.moves import record_moves
from services.tier.store.standings import read_history, read_standings, record_locked_standings

_WORDS_OF_A_PART = 2


@dataclass(frozen=True, slots=True)
class ReversalAnswers:
    """What became of each reversal; `replayed` ones got their first answer again."""

    taken_back: TakenBack
    replayed: Mask


def reverse_activities(
    connection: sa.Connection, policy: Policy, reversals: Reversals, today: int
) -> ReversalAnswers:
    """Takes back purchases or parts of them, with what they led to (DECISIONS, Meanings 14).

    One bad reversal never fails its neighbours. A purchase that a merge gave to another record is reversed there;
    of who has left the ladders only sums and points are reduced.
    """
    reason = _decide_shape_refusals(reversals)
    answers = ReversalAnswers(TakenBack.refused(reason), np.zeros(len(reversals), dtype=np.bool_))
    rows = np.flatnonzero(reason == Reason.UNSPECIFIED)
    if len(rows) == 0:
        return answers
    return put(answers, rows, _reverse_well_formed(connection, policy, taken(reversals, rows), today))


def _reverse_well_formed(
    connection: sa.Connection, policy: Policy, reversals: Reversals, today: int
) -> ReversalAnswers:
    left, standings = _locked(connection, reversals.transaction_id.tolist())
    answers, reused = _first_answers(connection, reversals)
    row_of = {transaction: row for row, transaction in enumerate(left.transaction_id.tolist())}
    purchase = np.array([row_of.get(transaction, -1) for transaction in reversals.transaction_id])
    known, purchased_on = purchase >= 0, reversals.occurred_on.copy()
    purchased_on[known] = left.occurred_on[purchase[known]]
    reason = decide_reversal_refusals(reversals, reused, known, purchased_on, today)
    reason = np.where(answers.replayed, Reason.UNSPECIFIED, reason).astype(np.int16)
    answers = replace(answers, taken_back=replace(answers.taken_back, reason=reason))
    rows = np.flatnonzero((reason == Reason.UNSPECIFIED) & ~answers.replayed)
    if len(rows) == 0:
        return answers
    granted, bought = taken(reversals, rows), purchase[rows].astype(np.intp)
    decided = _decide_and_record(connection, policy, standings, granted, left, bought)
    return put(answers, rows, ReversalAnswers(decided, np.zeros(len(rows), dtype=np.bool_)))


def _locked(connection: sa.Connection, transaction_ids: Sequence[str]) -> tuple[Left, Standings]:
    """What is left of the purchases, read when the standings of their members are locked.

    A purchase may come in, or be given to another record, while the locks are waited for.
    """
    standings = read_standings(connection, [], lock=False)
    while True:
        left = store.read_left(connection, transaction_ids)
        members = set(left.member_id.tolist())
        if members <= set(standings.member_id.tolist()):
            return left, standings
        standings = read_standings(connection, sorted(members), lock=True)


def _decide_and_record(
    connection: sa.Connection,
    policy: Policy,
    standings: Standings,
    reversals: Reversals,
    left: Left,
    purchase: Index,
) -> TakenBack:
    fetch = fetching(connection)
    row_of = {member: row for row, member in enumerate(standings.member_id.tolist())}
    member_row = np.array([row_of[member] for member in left.member_id[purchase]], dtype=np.intp)
    daily = read_history(fetch, standings)
    footings = retraced([NOWHERE] * len(standings), read_histories(fetch, standings), policy)
    rounds = occurrence_numbers(member_row.tolist())
    decided = decide_reversals(
        standings, footings, reversals, left, purchase, member_row, rounds, policy, daily
    )
    rows = np.flatnonzero(decided.taken_back.reason == Reason.UNSPECIFIED)
    if len(rows) == 0:
        return decided.taken_back
    members = member_row[rows]
    store.record_reversals(
        connection, taken(reversals, rows), taken(decided.taken_back, rows),
        standings.shard[members], standings.member_id[members], left.occurred_on[purchase[rows]],
    )  # fmt: skip
    record_moves(connection, standings, decided.moves, reversals.reversal_id, run_id="")
    touched = np.unique(members)
    record_locked_standings(connection, taken(decided.standings, touched))
    return decided.taken_back


def _first_answers(connection: sa.Connection, reversals: Reversals) -> tuple[ReversalAnswers, Mask]:
    """The answers of those recorded before, and which ids belong to something else."""
    count = len(reversals)
    answers = ReversalAnswers(
        TakenBack.refused(np.zeros(count, dtype=np.int16)), np.zeros(count, dtype=np.bool_)
    )
    ids = reversals.reversal_id.tolist()
    purchases = store.purchases_among(connection, ids)
    reused = np.array([reversal in purchases for reversal in ids], dtype=np.bool_)
    known = store.read_reversals(connection, ids)
    row_of = {reversal: row for row, reversal in enumerate(known.reversal_id.tolist())}
    found = np.array([row_of.get(reversal, -1) for reversal in ids], dtype=np.intp)
    rows = np.flatnonzero(found >= 0)
    alike = _same_payload(taken(reversals, rows), taken(known, found[rows]))
    reused[rows] = ~alike
    replays = rows[alike]
    taken_back = put(answers.taken_back, replays, taken(known.taken_back, found[replays]))
    answers.replayed[replays] = True
    return replace(answers, taken_back=taken_back), reused


def _same_payload(given: Reversals, recorded: store.KnownReversals) -> Mask:
    same: Mask = (
        (given.transaction_id == recorded.transaction_id)
        & (given.occurred_on == recorded.occurred_on)
        & (given.everything == recorded.everything)
    ).astype(np.bool_)
    alike = np.ones(len(given), dtype=np.bool_)
    for name in ("base_micropoints", "package_micropoints", "spend", "visits"):
        alike &= getattr(given, name) == getattr(recorded.taken_back, name)
    return same & (given.everything | alike)


def _is_reversal_id(text: str) -> bool:
    """One printable word, or the two of a part of a credit note: the note's and the purchase's."""
    words = text.split(" ")
    return len(words) <= _WORDS_OF_A_PART and all(is_code(word) for word in words)


def _decide_shape_refusals(reversals: Reversals) -> Ids:
    printable = np.array(
        [
            _is_reversal_id(reversal) and is_code(transaction)
            for reversal, transaction in zip(reversals.reversal_id, reversals.transaction_id, strict=True)
        ],
        dtype=np.bool_,
    )
    repeated = occurrence_numbers(reversals.reversal_id.tolist()) > 0
    return np.select(
        [~printable, repeated],
        [Reason.TRANSACTION_ID_MUST_BE_PRINTABLE, Reason.DUPLICATE_IN_BATCH],
        Reason.UNSPECIFIED,
    ).astype(np.int16)
