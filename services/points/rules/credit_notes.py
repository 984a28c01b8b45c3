"""Credit notes that name no purchase: the member's latest purchases are taken back first (DECISIONS, Meanings 31)."""

from typing import Final

import numpy as np

from services.kernel.columns import Index, Mask, occurrence_numbers, stacked
from services.points.columns import Amounts, Reasons
from services.points.refusals import Reason
from services.points.reversal_columns import Bought, Parts, Refunds, TakenBack
from services.points.rules.reversals import nothing_taken, take

NONE_WAITS: Final = int(np.iinfo(np.int64).max)
"""Stands for when the earliest purchase was made that waits, where none does."""


def decide_members(
    occurred_us: Amounts, has_account: Mask, holds: Mask, first_waiting_us: Amounts
) -> Reasons:
    """Why no note of each one's member is taken, whatever was bought (0: it may be).

    `holds` tells whose record was not merged away. A purchase before the note that still waits to be posted is among
    the latest: the note waits for it.
    """
    waits = first_waiting_us <= occurred_us
    return np.select(
        [~has_account & (first_waiting_us == NONE_WAITS), has_account & ~holds, waits],
        [Reason.MEMBER_UNKNOWN, Reason.MEMBER_MERGED, Reason.PURCHASE_PENDING],
        0,
    ).astype(np.int16)


def decide_credit_notes(
    notes: Refunds, holder: Index, bought: Bought, owner: Index
) -> tuple[Reasons, TakenBack]:
    """Why each note is refused, or what it takes back of which purchases, the latest first.

    `holder` numbers whose note it is, `owner` whose a purchase is. Notes of one holder are decided in their order,
    each seeing those before; kinds of amount are taken each by itself, treatments too.
    """
    reason = np.where(notes.parts.any(axis=1), 0, Reason.REVERSAL_MUST_TAKE_SOMETHING).astype(np.int16)
    latest_first = np.lexsort((-bought.entry_id, -bought.occurred_us, owner))
    rounds = occurrence_numbers(holder.tolist())
    takings = [nothing_taken()]
    for number in range(int(rounds.max(initial=-1)) + 1):
        items = np.flatnonzero((rounds == number) & (reason == 0))
        note_of = np.full(int(max(owner.max(initial=-1), holder.max(initial=-1))) + 1, -1, dtype=np.intp)
        note_of[holder[items]] = items
        note = note_of[owner[latest_first]]
        before_it = (note >= 0) & (bought.occurred_us[latest_first] <= notes.occurred_us[note])
        purchase, note = latest_first[before_it], note[before_it]
        parts = _from_the_first(notes.parts[note], bought.left[purchase], note)
        covered = np.zeros_like(notes.parts)
        np.add.at(covered, note, parts)
        exceeding = items[(covered[items] < notes.parts[items]).any(axis=1)]
        reason[exceeding] = Reason.CREDIT_ABOVE_PURCHASES
        some = parts.any(axis=1) & (reason[note] == 0)
        bought, taking = take(bought, note[some], purchase[some], parts[some])
        takings.append(taking)
    return reason, stacked(takings)


def _from_the_first(wanted: Parts, left: Parts, note: Index) -> Parts:
    """What each purchase gives of what its note still wants after those of the same note that stand before it."""
    before = np.cumsum(left, axis=0) - left
    first = np.flatnonzero(np.diff(note, prepend=-1))
    before -= np.repeat(before[first], np.diff(first, append=len(note)), axis=0)
    return np.clip(wanted - before, 0, left)
