"""Whether a run may be started now, and its plan."""

import secrets
from zoneinfo import ZoneInfo

from services.kernel.calendar import day_date, day_number
from services.runtime.clock import Clock
from services.runtime.database import fetching
from workers.job import AnyInquiry, AnyJob, Parameters, Plan, PolicyRequired
from workers.plan import cut_into_chunks
from workers.progress import Connection
from workers.progress.runs import NewRun, read_active_run, read_last_as_of, record_run
from workers.refusals import Reason, RunRefused


def record_planned(connection: Connection, job: AnyJob, as_of: int, preview: bool, clock: Clock) -> str:
    """Refuses what may not be started now, else adds the run with its chunks: its id."""
    # In this order: a run that finishes between the two reads is then seen by one of them.
    active = read_active_run(connection, job.name)
    last = read_last_as_of(connection, job.name)
    refuse_the_future(as_of, today_of(connection, job, clock))
    if last is not None and as_of < last:
        raise RunRefused(
            Reason.AS_OF_BEFORE_LAST_RUN,
            f"as_of must not be before {day_date(last)}, the day of the last run of {job.name}",
            {"last_as_of": day_date(last).isoformat()},
        )
    if active is not None:
        text = f"run {active} of {job.name} must be finished first: wait for it, or resume it"
        raise RunRefused(Reason.RUN_ALREADY_ACTIVE, text, {"run_id": active})
    return _record(connection, job, as_of, preview, job.plan(connection, as_of))


def record_previewed(connection: Connection, job: AnyInquiry, plan: Plan, clock: Clock) -> str:
    """Adds a preview as of today that is planned as its caller asks: its id."""
    today = today_of(connection, job, clock)
    return _record(connection, job, today, True, plan(connection, today))


def today_of(connection: Connection, job: AnyInquiry, clock: Clock) -> int:
    """Today in the time zone of the program that the job belongs to; refuses where none was applied."""
    try:
        return day_number(clock.today(ZoneInfo(job.time_zone(connection))))
    except PolicyRequired as error:
        raise RunRefused(Reason.POLICY_REQUIRED, "a program must be applied before a job can run") from error


def refuse_the_future(as_of: int, today: int) -> None:
    """Runs never go back: one of a day still to come would stand in the way of all until that day."""
    if as_of > today:
        raise RunRefused(
            Reason.AS_OF_MUST_NOT_BE_IN_FUTURE,
            f"as_of must not be after {day_date(today)}, today's date in the program's time zone",
            {"today": day_date(today).isoformat()},
        )


def valid_day(as_of: int | None) -> int:
    """The day that a caller gave; refuses None, which was no date."""
    if as_of is None:
        raise RunRefused(Reason.AS_OF_MUST_BE_VALID, "as_of must be a whole date of the calendar")
    return as_of


def _record(
    connection: Connection, job: AnyInquiry, as_of: int, preview: bool, parameters: Parameters
) -> str:
    is_empty = parameters.get("empty", False)
    chunks = [] if is_empty else cut_into_chunks(job.weigh(fetching(connection), as_of, parameters))
    run_id = f"{job.name}-{day_date(as_of)}{'-preview' if preview else ''}-{secrets.token_hex(3)}"
    record_run(connection, NewRun(run_id, job.name, as_of, preview, parameters, chunks))
    return run_id
