"""The course of the demo: enrolment, purchases, refunds, payments, jobs, verification."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console

from carat.points.v1.points_service_pb2 import GetPolicyRequest
from carat.points.v1.report_pb2 import GetLiabilityRequest
from services.cli.apply import applied
from services.cli.connections import Connections, connect
from services.cli.demo.afterwards import give_back, pay, payment_lanes, refund_lanes
from services.cli.demo.display import moving_bar, say_done, waiting_for
from services.cli.demo.jobs import JOBS, PlannedJob, count_members, run_job, seconds_of
from services.cli.demo.membership import busiest_member, draw, enrolment_lanes, purchase_lanes
from services.cli.demo.report import Owed, Performed, Story, show_changes
from services.cli.demo.sending import Sent, enrol, purchase, send
from services.cli.failures import CommandFailed, ExitCode
from services.cli.verification import settle, verify_all
from services.runtime.settings import Settings
from workers.simulation.history import History
from workers.simulation.population import Population

SETTLING_SECONDS = 900.0


def tell_story(settings: Settings, program: Path, members: int, seed: int, console: Console) -> Story:
    """Everything the demo does between up and down; CommandFailed or grpc.RpcError when it cannot go on."""
    with connect(settings) as connections:
        started = time.perf_counter()
        applied(connections, program)
        say_done(console, f"{program.name} applied", time.perf_counter() - started)
        with waiting_for(console, f"{members:,} members and their purchases drawn"):
            population, history = draw(members, seed)
        sent = _fill(settings, population, history, console)
        _catch_up(connections, console)
        sent |= _afterwards(settings, population, history, console)
        _catch_up(connections, console)
        _preview(connections, JOBS[0], console)
        before = count_members(connections)
        performed = [_perform(connections, job, console) for job in JOBS]
        with waiting_for(console, "promises checked"):
            verification = verify_all(connections, SETTLING_SECONDS)
        return Story(
            sent, before, performed, _owed(connections), verification, busiest_member(population, history)
        )


def _fill(settings: Settings, population: Population, history: History, console: Console) -> dict[str, Sent]:
    with moving_bar(console, "enrolling", len(population), "members") as bar:
        enrolled = send(settings, enrolment_lanes(population), enrol, bar.advance)
    say_done(console, f"{enrolled.count:,} members enrolled", enrolled.seconds, enrolled.count)
    with moving_bar(console, "sending", len(history), "purchases") as bar:
        purchased = send(settings, purchase_lanes(population, history), purchase, bar.advance)
    say_done(console, f"{purchased.count:,} purchases recorded", purchased.seconds, purchased.count)
    return {"members enrolled": enrolled, "purchases recorded": purchased}


def _afterwards(
    settings: Settings, population: Population, history: History, console: Console
) -> dict[str, Sent]:
    with moving_bar(console, "giving back", 0, "purchases") as bar:
        refunded = send(settings, refund_lanes(history), give_back, bar.advance)
    say_done(console, f"{refunded.count:,} purchases refunded", refunded.seconds, refunded.count)
    with moving_bar(console, "paying", 0, "payments") as bar:
        paid = send(settings, payment_lanes(population, history), pay, bar.advance)
    say_done(console, f"{paid.count:,} payments by points", paid.seconds, paid.count)
    return {"purchases refunded": refunded, "payments by points": paid}


def _owed(connections: Connections) -> Owed:
    program = connections.points.GetPolicy(GetPolicyRequest()).program
    return Owed(connections.points.GetLiability(GetLiabilityRequest()), program)


def _preview(connections: Connections, job: PlannedJob, console: Console) -> None:
    """What the first job would do; it waits for the shard actors, so that no run has to."""
    started = time.perf_counter()
    with console.status(f"preview of {job.name}, as soon as Ray is up"):
        run = run_job(connections, job, lambda _: None, preview=True)
    changes = sum(change.members for change in run.changes)
    step = f"preview: {job.name} would change {changes:,} members"
    say_done(console, step, time.perf_counter() - started)


def _perform(connections: Connections, job: PlannedJob, console: Console) -> Performed:
    with moving_bar(console, job.name, 0, "chunks") as bar:
        run = run_job(connections, job, lambda run: bar.reach(run.chunks_done, run.chunks))
    say_done(console, f"{job.name} as of {job.as_of}", seconds_of(run), run.members_read)
    show_changes(run, console)
    _catch_up(connections, console)
    return Performed(job, run, count_members(connections))


def _catch_up(connections: Connections, console: Console) -> None:
    with waiting_for(console, "every purchase posted, every move followed"):
        unsettled = settle(connections, SETTLING_SECONDS)
    if unsettled:
        raise CommandFailed("; ".join(unsettled), ExitCode.UNAVAILABLE)
