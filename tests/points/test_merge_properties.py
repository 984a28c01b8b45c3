"""Records merged and separated in any way, and told in any pages: points stand where the records stand."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain

import numpy as np
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.program import Program
from services.points.followed import FollowedMove, MoveReason
from services.points.policy import Policy, compiled
from services.points.policy_document import EarningRates, PointsPolicy, QualifyingKinds
from services.points.recording.moves import follow_moves
from services.points.recording.opening_balances import import_balances
from services.points.recording.policies import apply_policy
from services.points.rules.opening_balances import OpeningBalances
from services.points.store.accounts import read_accounts
from services.points.store.ledger import open_accounts
from services.points.store.policies import PolicyBook
from services.points.store.promises import PROMISES
from services.points.store.verification import check
from services.runtime.clock import Clock
from services.runtime.database import Database

NOW = datetime(2026, 7, 15, 4, 0, tzinfo=UTC)
TODAY = 20_649
RECORDS = ("M1", "M2", "M3", "M4")
PROGRAM = Program("CODE", "Program", "MYR", "Asia/Kuala_Lumpur", "POINTS")
DOCUMENT = PointsPolicy(EarningRates(), QualifyingKinds())
DELAY = 2.5
POLICY: Policy = compiled(PROGRAM, [0], [DOCUMENT])


@dataclass(frozen=True)
class Telling:
    """What Tier tells, page by page, and for which record each was given up in the end."""

    pages: list[list[FollowedMove]]
    given_up_for: dict[str, str]

    def stands_for(self, member_id: str) -> str:
        """The record at the end of the chain."""
        while member_id in self.given_up_for:
            member_id = self.given_up_for[member_id]
        return member_id


@st.composite
def tellings(draw: st.DrawFn) -> Telling:
    """Merges and separations that Tier would do, told in pages of any size; now and then a later one is told first."""
    given_up_for: dict[str, str] = {}
    acts: list[list[FollowedMove]] = []
    for _ in range(draw(st.integers(1, 7))):
        alive = [member_id for member_id in RECORDS if member_id not in given_up_for]
        merges = [(MoveReason.MERGED_AWAY, one, two) for one in alive for two in alive if one != two]
        undone = [(MoveReason.MERGE_UNDONE, one, two) for one, two in given_up_for.items() if two in alive]
        reason, source, target = draw(st.sampled_from(merges + undone))
        if reason is MoveReason.MERGED_AWAY:
            given_up_for[source] = target
        else:
            del given_up_for[source]
        acts.append(_told(reason, source, target, 2 * len(acts)))
    places = [place + draw(st.sampled_from([0, 0, DELAY])) for place in range(len(acts))]
    moves = chain.from_iterable(acts[place] for place in np.argsort(places, kind="stable"))
    pages: list[list[FollowedMove]] = [[]]
    for move in moves:
        if draw(st.booleans()):
            pages.append([])
        pages[-1].append(move)
    return Telling(pages, given_up_for)


def _told(reason: MoveReason, source: str, target: str, before: int) -> list[FollowedMove]:
    """Both records' moves; that of the target keeps it where it is."""
    there, nowhere = ("luxespa", "crystal"), ("", "")
    is_merge = reason is MoveReason.MERGED_AWAY
    away = (*there, *nowhere) if is_merge else (*nowhere, *there)
    stays = MoveReason.OTHER if is_merge else reason
    return [
        FollowedMove(source, reason, TODAY, *away, before + 1, target),
        FollowedMove(target, stays, TODAY, *there, *there, before + 2, source),
    ]


@settings(
    max_examples=settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(telling=tellings())
def test_points_are_where_the_records_stand_however_it_is_told(database: Database, telling: Telling) -> None:
    with database.engine.connect() as connection:
        _begin(connection)
        book, clock = PolicyBook(), Clock(NOW)
        for page in telling.pages:
            follow_moves(connection, book, clock, page)
        accounts = read_accounts(connection, RECORDS, lock=False)
        expected = dict.fromkeys(RECORDS, 0)
        for number, member_id in enumerate(RECORDS):
            expected[telling.stands_for(member_id)] += 10**number
        assert dict(zip(accounts.member_id, accounts.balance.tolist(), strict=True)) == expected
        given_up = dict(zip(accounts.member_id, accounts.merged_into, strict=True))
        assert {one: other for one, other in given_up.items() if other} == telling.given_up_for
        assert [promise for promise in PROMISES if check(connection, promise).breaches] == []
        connection.rollback()


def _begin(connection: sa.Connection) -> None:
    """Every record with points of its own that no others add up to."""
    apply_policy(connection, PROGRAM, DOCUMENT, None, date(2026, 7, 15), validate_only=False)
    open_accounts(connection, set(RECORDS))
    balances = OpeningBalances(
        np.array([f"O{member_id}" for member_id in RECORDS], dtype=object),
        np.array(RECORDS, dtype=object),
        10 ** np.arange(len(RECORDS), dtype=np.int64),
        np.full(len(RECORDS), TODAY - 30, dtype=np.int32),
    )
    assert import_balances(connection, POLICY, balances, TODAY, NOW)[0].tolist() == [0] * len(RECORDS)
