"""Taking composition snapshots in tests: in time or late, in one chunk or several."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import sqlalchemy as sa

from services.kernel.calendar import day_number
from services.tier.rules.composition import Composition
from services.tier.store.compositions import read_compositions
from tests.tier.world import ALL_SHARDS, TierWorld
from workers.job import Scope
from workers.jobs.composition_snapshot import COMPOSITION_SNAPSHOT, Counted

Counts = tuple[int, int, int, int]
"""Members, in grace, at risk, inactive."""
Compositions = Mapping[tuple[int, int], Counts]
"""By the numbers of system and level."""

HALVES = (Scope(0, 2047), Scope(2048, 4095))


def counted(world: TierWorld, day: date) -> Compositions:
    """What a snapshot of a day would count now; nothing is recorded."""
    number = day_number(day)
    plan = world.database.transact(lambda connection: COMPOSITION_SNAPSHOT.plan(connection, number))
    rows = COMPOSITION_SNAPSHOT.read(world.database.fetch_arrow, ALL_SHARDS, number, plan)
    return by_rung(COMPOSITION_SNAPSHOT.decide(rows, number, plan).composition)


def take_snapshot(world: TierWorld, day: date, scopes: Sequence[Scope] = (ALL_SHARDS,)) -> None:
    """Takes the snapshot of a day, in chunks; of one that has its snapshot there are none."""
    number = day_number(day)
    world.runs += 1
    run_id = f"snapshot-{world.runs}"
    plan = world.database.transact(lambda connection: COMPOSITION_SNAPSHOT.plan(connection, number))
    for scope in () if plan["empty"] else scopes:
        rows = COMPOSITION_SNAPSHOT.read(world.database.fetch_arrow, scope, number, plan)
        decided = COMPOSITION_SNAPSHOT.decide(rows, number, plan)
        world.database.transact(partial(_record, decided, run_id))
    world.database.transact(lambda connection: COMPOSITION_SNAPSHOT.finish(connection, plan, run_id))


def recorded(world: TierWorld, day: date) -> Compositions:
    """The snapshot of a day; a day without one has none."""

    def read(connection: sa.Connection) -> Compositions:
        found = read_compositions(connection, day_number(day), day_number(day))
        return by_rung(found[0][1]) if found else {}

    return world.database.transact(read)


def by_rung(composition: Composition) -> Compositions:
    """The counts as plain numbers."""
    rungs = zip(composition.system.tolist(), composition.level.tolist(), strict=True)
    names = ("members", "in_grace", "at_risk", "inactive")
    counts = zip(*(getattr(composition, name).tolist() for name in names), strict=True)
    return dict(zip(rungs, counts, strict=True))


def _record(counts: Counted, run_id: str, connection: sa.Connection) -> None:
    COMPOSITION_SNAPSHOT.record(connection, counts, run_id)
