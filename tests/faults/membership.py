"""A simulated membership of both programs of the seeds, as one program with two ladders."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
import yaml

from carat.points.v1.purchase_pb2 import Purchase
from carat.tier.v1.member_pb2 import Member
from carat.tier.v1.tier_service_pb2 import BatchEnrollMembersRequest
from services.cli.verification import settle
from services.kernel.columns import taken
from tests.cli.waiting import eventually
from tests.faults.deployment import PATIENCE_SECONDS, Deployment
from tests.faults.tills import Lane
from workers.simulation.history import History, draw_history
from workers.simulation.messages import lanes, member_messages
from workers.simulation.population import Population, draw_population

PROGRAMS: Final = Path(__file__).parents[2] / "deploy" / "programs"
MEMBERS: Final = 1_800
SEED: Final = 7
FIRST_DAY, LAST_DAY = date(2025, 2, 1), date(2026, 3, 31)
DISTURBED_FROM: Final = datetime(2026, 2, 15, tzinfo=UTC).timestamp()
LANES: Final = 4


def write_program(file: Path) -> Path:
    """LuxeSpa, with the ladder and the properties of Engage beside its own."""
    program: dict[str, Any] = yaml.safe_load((PROGRAMS / "luxespa.yaml").read_text())
    engage: dict[str, Any] = yaml.safe_load((PROGRAMS / "engage.yaml").read_text())
    program["tier"]["systems"] += engage["tier"]["systems"]
    program["tier"]["properties"] = engage["tier"]["properties"]
    file.write_text(yaml.safe_dump(program, sort_keys=False))
    return file


@dataclass(frozen=True)
class Membership:
    """Two of three members climb LuxeSpa's ladder, the third Engage's; all buy for fourteen months."""

    population: Population
    history: History

    def members(self) -> list[Member]:
        """All members."""
        rows = np.arange(len(self.population))
        spa, game = taken(self.population, rows[rows % 3 != 0]), taken(self.population, rows[rows % 3 == 0])
        return member_messages(spa) + member_messages(game, "engage")

    def early(self) -> list[Lane]:
        """What was bought before anything is disturbed."""
        return self._lanes(self.history.occurred_at < DISTURBED_FROM, batch=500)

    def late(self) -> list[Lane]:
        """What is bought while things are killed."""
        return self._lanes(self.history.occurred_at >= DISTURBED_FROM, batch=40)

    def _lanes(self, which: Any, batch: int) -> list[Lane]:
        return lanes(self.population, taken(self.history, np.flatnonzero(which)), LANES, batch)


def draw() -> Membership:
    """The same members and purchases every time."""
    population = draw_population(MEMBERS, SEED, FIRST_DAY, LAST_DAY)
    return Membership(population, draw_history(population, SEED, FIRST_DAY, LAST_DAY))


def without_last_batches(lanes: list[Lane], count: int) -> tuple[list[Lane], list[list[Purchase]]]:
    """The lanes, and the last batches of so many of them, which are not sent with them."""
    batches = [list(lane) for lane in lanes]
    last = [lane.pop() for lane in batches[:count]]
    return [iter(lane) for lane in batches], last


def batches_of(lanes: list[Lane]) -> Iterator[list[Purchase]]:
    """All batches, those of one lane in their order."""
    for lane in lanes:
        yield from lane


def enrol(deployment: Deployment, members: list[Member]) -> None:
    """Enrols members, and waits until Benefits and Points know them."""
    with deployment.connect() as connections:
        answer = connections.tier.BatchEnrollMembers(BatchEnrollMembersRequest(members=members))
        assert [result.reason for result in answer.results if result.reason] == []
        assert settle(connections, PATIENCE_SECONDS) == []
    eventually(lambda: _accounts(deployment) == len(members), PATIENCE_SECONDS)


def _accounts(deployment: Deployment) -> int:
    with deployment.databases["points"].connect() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM account")) or 0)
