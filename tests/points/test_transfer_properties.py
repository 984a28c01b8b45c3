"""Any transfers among members and a pool, compared with purses of single points: none is made, lost or made younger."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.calendar import NEVER
from services.kernel.program import Program
from services.points.policy import Policy, compiled
from services.points.policy_document import EarningRates, Expiry, ExpiryMode, PointsPolicy, QualifyingKinds
from services.points.recording.denial import Denial
from services.points.recording.opening_balances import import_balances
from services.points.recording.transfers import Transfer, transfer
from services.points.refusals import Reason
from services.points.rules.lots import left_of
from services.points.rules.opening_balances import OpeningBalances
from services.points.store.accounts import read_accounts, read_lots
from services.points.store.ledger import open_accounts
from services.points.store.pools import account_of_pool, found, join
from services.runtime.database import Database, fetching

NOW = datetime(2026, 7, 15, 4, 0, tzinfo=UTC)
TODAY = 20_649
POOL = account_of_pool("P1")
NAMES = ("M1", "M2", "M3", POOL)
IN_POOL = ("M1", "M2")
POLICY: Policy = compiled(
    Program("CODE", "Program", "MYR", "Asia/Kuala_Lumpur", "POINTS"),
    [0],
    [PointsPolicy(EarningRates(), QualifyingKinds(), expiry=Expiry(ExpiryMode.AFTER_EARNING, 120))],
)

brings = st.tuples(st.sampled_from(NAMES[:3]), st.integers(1, 40), st.integers(TODAY - 400, TODAY))
moves = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(1, 60))
acts = st.lists(
    st.one_of(brings.map(lambda it: ("bring", *it)), moves.map(lambda it: ("move", *it))), max_size=12
)


@settings(
    max_examples=settings().max_examples // 4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=acts)
def test_transfers_neither_make_nor_lose_points_and_make_none_younger(
    database: Database, acts: list[tuple[Any, ...]]
) -> None:
    with database.engine.connect() as connection:
        open_accounts(connection, set(NAMES[:3]))
        assert found(connection, "P1")
        assert all(join(connection, "P1", member_id) for member_id in IN_POOL)
        purses: dict[str, list[int]] = {name: [] for name in NAMES}
        for number, (kind, *act) in enumerate(acts):
            if kind == "bring":
                _bring(connection, purses, f"B{number}", *act)
            else:
                _move(connection, purses, f"X{number}", *act)
            assert _left(connection) == {name: Counter(purse) for name, purse in purses.items()}
            assert _balances(connection) == {name: len(purse) for name, purse in purses.items()}
        connection.rollback()


def _bring(
    connection: sa.Connection, purses: dict[str, list[int]], name: str, member_id: str, points: int, day: int
) -> None:
    balances = OpeningBalances(
        np.array([name], dtype=object),
        np.array([member_id], dtype=object),
        np.array([points], dtype=np.int64),
        np.array([day], dtype=np.int32),
    )
    assert import_balances(connection, POLICY, balances, TODAY, NOW)[0].tolist() == [0]
    purses[member_id] = sorted(purses[member_id] + [day] * points)


def _move(
    connection: sa.Connection, purses: dict[str, list[int]], name: str, giver: str, taker: str, points: int
) -> None:
    """As the model has it: who is in the pool may put in and take out, the first of a sorted purse go."""
    actor = "M1" if giver == POOL else giver
    done = transfer(
        connection,
        POLICY,
        Transfer(name, giver, taker, points, on_behalf_of=actor if giver == POOL else ""),
        TODAY,
        NOW,
    )
    if giver == taker:
        expected = Reason.TRANSFER_TO_ITSELF
    elif taker == POOL and giver not in IN_POOL:
        expected = Reason.POOL_MEMBERSHIP_REQUIRED
    elif points > len(purses[giver]):
        expected = Reason.BALANCE_TOO_LOW
    else:
        expected = Reason.UNSPECIFIED
        gone, purses[giver] = purses[giver][:points], purses[giver][points:]
        purses[taker] = sorted(purses[taker] + gone)
    assert (done.reason if isinstance(done, Denial) else Reason.UNSPECIFIED) is expected


def _left(connection: sa.Connection) -> dict[str, Counter[int]]:
    accounts = read_accounts(connection, NAMES, lock=False)
    left = left_of(read_lots(fetching(connection), accounts), np.zeros(len(accounts), dtype=np.int64))
    days: dict[str, Counter[int]] = {name: Counter() for name in NAMES}
    for row, day, points in zip(left.row.tolist(), left.lot_on.tolist(), left.points.tolist(), strict=True):
        assert day != NEVER
        days[accounts.member_id[row]][day] += points
    return days


def _balances(connection: sa.Connection) -> dict[str, int]:
    accounts = read_accounts(connection, NAMES, lock=False)
    return dict(zip(accounts.member_id.tolist(), accounts.balance.tolist(), strict=True))
