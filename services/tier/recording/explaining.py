"""Why a member stands there: the move that led to the level, its revision, and what is missing; records nothing."""

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from services.kernel.columns import taken
from services.runtime.database import Fetched, fetching
from services.tier.columns import Moves
from services.tier.policy import Policy
from services.tier.policy_document import Thresholds
from services.tier.recording.viewing import View, view_standing
from services.tier.refusals import Reason
from services.tier.rules.explaining import Outlook, decide_outlook
from services.tier.rules.window import DailyActivity
from services.tier.store.past import read_days_until, select_entry_until
from services.tier.store.revisions import KeptRevision, read_kept


@dataclass(frozen=True, slots=True)
class Explanation:
    """A standing and its grounds. The level was entered by the one move of `due`, or else by that of `entry`."""

    view: View
    entry: Fetched
    due: Moves
    revision: KeptRevision | None
    entered_by: Thresholds
    outlook: Outlook


def explain_standing(
    connection: sa.Connection, policy: Policy, member_id: str, as_of: int
) -> Explanation | Reason:
    """The standing as of a day with what decided it, in the revision that decided, or why it cannot be told."""
    view = view_standing(connection, policy, member_id, as_of)
    if isinstance(view, Reason):
        return view
    due = taken(view.due, np.flatnonzero(view.due.from_level != view.due.to_level)[-1:])
    entry = fetching(connection)(select_entry_until(member_id, as_of))
    decided = {name: getattr(due, name) for name in ("revision", "system", "to_level")} if len(due) else entry
    number = int(decided["revision"][0]) if len(decided["revision"]) else 0
    lines = read_days_until(connection, member_id, as_of)
    amounts = [lines[name] for name in ("day", "spend", "visits", "points")]
    daily = DailyActivity.of(np.zeros(len(lines["day"]), dtype=np.intp), *amounts)
    return Explanation(
        view,
        entry,
        due,
        read_kept(connection)[number - 1] if number else None,
        _entry_thresholds(policy, decided, number) if number else Thresholds(),
        decide_outlook(view.standing, as_of, policy, daily),
    )


def _entry_thresholds(policy: Policy, decided: Fetched, number: int) -> Thresholds:
    """What the level took in the revision that decided; nothing off the ladders."""
    system, level = int(decided["system"][0]), int(decided["to_level"][0])
    found = np.flatnonzero(policy.revision_numbers == number)
    code = policy.level_code(system, level)
    if not code or len(found) == 0:
        return Thresholds()
    systems = policy.documents[int(found[0])].systems
    levels = next((each.levels for each in systems if each.external_id == policy.system_ids[system]), ())
    return next((each.entry for each in levels if each.code == code), Thresholds())
