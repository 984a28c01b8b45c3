"""The Tier service without its socket: what its calls and the engine's jobs do, on a database of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa

from carat.tier.v1 import member_pb2, move_pb2, standing_pb2, tier_service_pb2
from services.kernel.calendar import day_number
from services.kernel.program import Program
from services.kernel.refusals import Violation
from services.kernel.shards import shard_of
from services.runtime.database import Database, fetching
from services.runtime.program_messages import day_to_proto
from services.tier.policy import Policy
from services.tier.policy_document import TierPolicy
from services.tier.recording.activities import record_activities
from services.tier.recording.enrolment import enrol
from services.tier.recording.policies import Applied, apply_policy
from services.tier.recording.quoting import quote_activities
from services.tier.recording.viewing import view_standing
from services.tier.refusals import Reason
from services.tier.servicer import messages
from services.tier.store.moves import select_feed, select_moves_of
from services.tier.store.policies import PolicyBook
from services.tier.store.reading import next_reset_after, read_last_resets, read_one_snapshot
from services.tier.store.verification import verify_standings
from services.tier.tables import METADATA, MOVE
from tests.feeds import wait_until_told
from workers.chunk import changes_of
from workers.job import AnyJob, Scope
from workers.jobs.grace_expiration import GRACE_EXPIRATION
from workers.jobs.tier_review import TIER_REVIEW

T = TypeVar("T")
Item = tier_service_pb2.ActivityItem
Result = tier_service_pb2.ActivityResult

PROGRAM = Program("TEST", "Test program", "MYR", "Asia/Kuala_Lumpur", "POINTS")
ALL_SHARDS = Scope(0, 4095)


def purchase(
    transaction_id: str,
    member_id: str,
    on: date | None,
    *,
    spend_minor: int = 0,
    visits: int = 0,
    base_points: int = 0,
    property_id: str = "",
    base_micropoints: int | None = None,
    package_micropoints: int = 0,
) -> Item:
    """One activity as Points sends it; without a day where `on` is None."""
    return Item(
        transaction_id=transaction_id,
        member_id=member_id,
        property_id=property_id,
        occurred_on=None if on is None else day_to_proto(on),
        base_micropoints=base_points * 10**6 if base_micropoints is None else base_micropoints,
        qualifying_spend_minor=spend_minor,
        visits=visits,
        package_micropoints=package_micropoints,
    )


@dataclass
class TierWorld:
    """One Tier database on a day, `today`, that the test chooses."""

    database: Database
    today: date = date(2040, 1, 1)
    runs: int = 0
    book: PolicyBook = field(default_factory=PolicyBook)

    def apply(
        self, policy: TierPolicy, effective_from: date | None = None, *, validate_only: bool = False
    ) -> list[Violation]:
        """Applies a policy as of today; answers what is wrong with it."""
        return self.applied(policy, effective_from, validate_only=validate_only).violations

    def applied(
        self,
        policy: TierPolicy,
        effective_from: date | None = None,
        *,
        program: Program = PROGRAM,
        validate_only: bool = False,
        effective_until: date | None = None,
    ) -> Applied:
        """The same, with the revision; it may have an end."""
        today = day_number(self.today)
        return self.database.transact(
            lambda connection: apply_policy(
                connection,
                program,
                policy,
                effective_from,
                today,
                validate_only=validate_only,
                effective_until=effective_until,
            )
        )

    def enrol(self, *members: member_pb2.Member) -> list[tuple[str, bool]]:
        """Enrols members; the refusal (or empty) of each, and whether the member is new."""

        def work(connection: sa.Connection, policy: Policy, today: int) -> list[tuple[str, bool]]:
            enrolled = enrol(connection, policy, messages.members_of(members, today), today)
            reasons = [reason_name(reason) for reason in enrolled.reason]
            return list(zip(reasons, enrolled.created.tolist(), strict=True))

        return self._with_policy(work)

    def record(self, *items: Item) -> list[Result]:
        """Records a batch of activities in one transaction."""

        def work(connection: sa.Connection, policy: Policy, today: int) -> list[Result]:
            activities = messages.activities_of(items, policy)
            answers = record_activities(connection, policy, activities, today)
            return messages.activity_results(answers, policy)

        return self._with_policy(work)

    def quote(self, *items: Item) -> list[Result]:
        """What recording each of the activities alone would answer."""

        def work(connection: sa.Connection) -> list[Result]:
            read_one_snapshot(connection)
            policy = self.book.current(fetching(connection))
            activities = messages.activities_of(items, policy)
            answers = quote_activities(connection, policy, activities, day_number(self.today))
            return messages.activity_results(answers, policy)

        return self.database.transact(work)

    def run_review(self, as_of: date) -> list[move_pb2.Move]:
        """Runs tier-review over everybody; the moves it recorded."""
        return self.run(TIER_REVIEW, as_of)

    def run_grace(self, as_of: date) -> list[move_pb2.Move]:
        """Runs grace-expiration over everybody; the moves it recorded."""
        return self.run(GRACE_EXPIRATION, as_of)

    def standing(self, member_id: str, as_of: date) -> standing_pb2.Standing | str:
        """A member's standing as of a day, or the refusal."""

        def work(connection: sa.Connection, policy: Policy, _: int) -> standing_pb2.Standing | str:
            day = day_number(as_of)
            view = view_standing(connection, policy, member_id, day)
            return view.name if isinstance(view, Reason) else messages.standing_message(view, day, policy)

        return self._with_policy(work)

    def moves(self, member_id: str) -> list[move_pb2.Move]:
        """A member's moves, oldest first."""
        select = select_moves_of(int(shard_of([member_id])[0]), member_id, None, 1_000)
        return self._with_policy(
            lambda connection, policy, _: messages.move_messages(fetching(connection)(select), policy)[::-1]
        )

    def feed(self) -> list[move_pb2.Move]:
        """All moves of everybody in commit order."""
        wait_until_told(self.database, MOVE)
        return self._with_policy(
            lambda connection, policy, _: messages.move_messages(
                fetching(connection)(select_feed("", 10_000)), policy
            )
        )

    def next_reset(self, system: int = 0) -> int:
        """Next Reset of a system, as ListTierSystems tells it."""
        return self._with_policy(
            lambda connection, policy, _: next_reset_after(
                policy.resets[system], read_last_resets(connection).get(system)
            )
        )

    def broken_promises(self) -> list[str]:
        """The promises that the data breaks, with who breaks them."""
        return self.database.transact(
            lambda connection: [
                f"{check.promise}: {check.members}"
                for check in verify_standings(connection)
                if check.breaches
            ]
        )

    def snapshot(self) -> dict[str, list[Any]]:
        """Every row of every table, to see whether anything has changed."""
        return self.database.transact(lambda connection: dict(_all_rows(connection)))

    def clear(self) -> None:
        """Forgets everything but the schema."""
        names = ", ".join(table.name for table in METADATA.sorted_tables)
        self.database.transact(
            lambda connection: connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
        )

    def run(self, job: AnyJob, as_of: date) -> list[move_pb2.Move]:
        """Runs a job over everybody; the moves it recorded."""
        self.runs += 1
        run_id = f"run-{self.runs}"
        run_job(self.database, job, as_of, run_id)
        wait_until_told(self.database, MOVE)
        of_the_run = select_feed("", 10_000).where(MOVE.c.run_id == run_id)
        return self._with_policy(
            lambda connection, policy, _: messages.move_messages(fetching(connection)(of_the_run), policy)
        )

    def changes(self, job: AnyJob, as_of: date) -> list[tuple[str, str, str, str]]:
        """What a job would change now: member, kind, and the level before and after."""
        day = day_number(as_of)
        parameters = self.database.transact(lambda connection: job.plan(connection, day))
        changes = changes_of(self.database, job, ALL_SHARDS, day, parameters)
        columns = (changes.member_id, changes.reason, changes.before, changes.after)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def looks_at(self, job: AnyJob, as_of: date) -> int:
        """How many members a job would read now."""
        day = day_number(as_of)
        parameters = self.database.transact(lambda connection: job.plan(connection, day))
        return int(job.weigh(self.database.fetch_arrow, day, parameters).sum())

    def _with_policy(self, work: Callable[[sa.Connection, Policy, int], T]) -> T:
        today = day_number(self.today)
        return self.database.transact(
            lambda connection: work(connection, self.book.current(fetching(connection)), today)
        )


def run_job(database: Database, job: AnyJob, as_of: date, run_id: str) -> None:
    """Runs a job over everybody, in the database that it is about."""
    day = day_number(as_of)
    parameters = database.transact(lambda connection: job.plan(connection, day))
    rows = job.read(database.fetch_arrow, ALL_SHARDS, day, parameters)
    decisions = job.decide(rows, day, parameters)

    def work(connection: sa.Connection) -> None:
        if len(job.changes(decisions)):
            assert job.record(connection, decisions, run_id).all()
        job.finish(connection, parameters, run_id)

    database.transact(work)


def reason_name(reason: int) -> str:
    """The name of a refusal; empty where there is none."""
    return Reason(reason).name if reason else ""


def members_of_one_shard(shard: int, count: int, prefix: str = "M") -> list[str]:
    """The first ids with a prefix that fall into a shard."""
    found: list[str] = []
    for start in range(0, 10_000_000, 100_000):
        names = [f"{prefix}{number}" for number in range(start, start + 100_000)]
        found += [names[row] for row in (shard_of(names) == shard).nonzero()[0]]
        if len(found) >= count:
            break
    return found[:count]


def _all_rows(connection: sa.Connection) -> Iterator[tuple[str, list[Any]]]:
    for table in METADATA.sorted_tables:
        yield table.name, list(connection.execute(sa.select(table).order_by(*table.primary_key)))
