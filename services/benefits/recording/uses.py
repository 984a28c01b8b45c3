"""Using allowances: once for ever by transaction id, and never more often than granted."""

from dataclasses import replace

import numpy as np
import sqlalchemy as sa

from services.benefits.columns import UNDATED, Openings, UseDecisions, Uses
from services.benefits.recording.days import today_of
from services.benefits.rules.opening import decide_openings_around
from services.benefits.rules.requests import decide_request_refusals
from services.benefits.rules.uses import decide_uses
from services.benefits.store.allowances import (
    OPENED_BY_USE,
    read_allowances_of,
    record_openings_of_locked,
    record_used,
)
from services.benefits.store.holders import read_holders_of
from services.benefits.store.policies import PolicyBook
from services.benefits.store.uses import read_earlier_uses, record_uses
from services.kernel.columns import stacked, taken
from services.runtime.clock import Clock
from services.runtime.database import fetching


def use_allowances(connection: sa.Connection, book: PolicyBook, uses: Uses, clock: Clock) -> UseDecisions:
    """Takes uses in their order, whatever else goes on; a refused one leaves everything as it was.

    Members are locked before earlier uses are looked up: of two calls with one id the later sees what the
    first recorded. An allowance whose refresh has not run yet is opened by its first use.
    """
    policies = book.current(connection)
    today = today_of(policies, clock)
    uses = replace(uses, used_on=np.where(uses.used_on == UNDATED, today, uses.used_on).astype(np.int32))
    refused = decide_request_refusals(uses, today, has_policy=policies.program is not None)

    asking, fetch = taken(uses, refused == 0), fetching(connection)
    holders = read_holders_of(fetch, asking.member_id.tolist(), lock=True)
    earlier = read_earlier_uses(fetch, asking.transaction_id.tolist())
    there = read_allowances_of(fetch, asking.shard, asking.member_id, asking.used_on)

    openings = decide_openings_around(holders, asking.member_id, asking.used_on, there, policies.rules)
    candidates = stacked([there, openings.as_allowances()])
    decided = decide_uses(uses, refused, earlier, holders, candidates, policies.rules, today)

    now = decided.granted_now()
    if now.any():
        taken_from = decided.allowance[now]
        _open_used(connection, openings, taken_from - len(there))
        record_used(connection, candidates, taken_from, uses.quantity[now])
        record_uses(connection, uses, decided, candidates)
    return decided


def _open_used(connection: sa.Connection, openings: Openings, taken_from: np.ndarray) -> None:
    opened = taken(openings, np.unique(taken_from[taken_from >= 0]))
    if len(opened):
        record_openings_of_locked(connection, opened, OPENED_BY_USE)
