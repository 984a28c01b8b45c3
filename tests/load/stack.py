"""The whole of Carat on free ports, with a program applied and members enrolled through the API."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from carat.tier.v1.member_pb2 import Member
from carat.tier.v1.tier_service_pb2 import BatchEnrollMembersRequest
from services.cli.apply import applied
from services.cli.connections import connect
from services.cli.launcher.data_dir import data_dir_of_ones_own
from services.cli.launcher.deployment import launched
from services.cli.launcher.interruption import Interruption
from services.runtime.boot import database_name
from services.runtime.program_messages import day_to_proto
from services.runtime.settings import SERVICES, Settings, load_settings
from tests.load.callers import NOW
from tests.load.memberships import PROGRAMS
from tests.load.scratch import Scratch

_MEMBERS_A_CALL: Final = 10_000
_PATIENCE_SECONDS: Final = 300.0
_POLL_SECONDS: Final = 0.2


@contextmanager
def running_stack(
    folder: Path, interruption: Interruption, tell: Callable[[str], None]
) -> Iterator[Settings]:
    """Everything up while the context lasts, with default settings; the settings name what was really taken."""
    settings = load_settings(
        data_dir=folder,
        executor="inline",
        log_level="WARNING",
        fixed_now=NOW + timedelta(hours=1),
        **{f"{service}_address": "127.0.0.1:0" for service in SERVICES},
    )
    with data_dir_of_ones_own(folder), launched(settings, interruption, tell) as deployment:
        yield deployment.settings


def enrol_buyers(settings: Settings, members: int) -> None:
    """Applies LuxeSpa, enrols the members, and waits until all of them have an account."""
    day = day_to_proto(date(2026, 1, 1))
    with connect(settings) as connections:
        applied(connections, PROGRAMS / "luxespa.yaml")
        for first in range(1, members + 1, _MEMBERS_A_CALL):
            numbers = range(first, min(first + _MEMBERS_A_CALL, members + 1))
            enrolled = [Member(member_id=f"B{number}", enrolled_on=day) for number in numbers]
            connections.tier.BatchEnrollMembers(BatchEnrollMembersRequest(members=enrolled))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (accounts := _accounts(settings)) < members:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {accounts} of {members} members have an account")
        time.sleep(_POLL_SECONDS)


def _accounts(settings: Settings) -> int:
    scratch = Scratch(str(settings.points_database_url))
    return int(scratch.rows(database_name("points"), "SELECT count(*) FROM account")[0][0])
