"""`carat run` and `carat runs`: started, watched to the end, left alone, taken up again."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from carat.operations.v1.run_pb2 import RUN_STATE_FINISHED, ChangeCount, Run
from services.cli.app import app
from services.cli.config import show_settings
from services.cli.patience import Absence
from services.cli.run_view import did_text, show_runs
from services.runtime.settings import load_settings
from tests.cli.fake_engine import RUN_ID, FakeEngine, served_engine


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    fake = FakeEngine()
    with served_engine(fake) as address:
        monkeypatch.setenv("CARAT_OPERATIONS_ADDRESS", address)
        yield fake


def carat(*words: str) -> Result:
    return CliRunner().invoke(app, words, env={"COLUMNS": "200"})


def run_review(*options: str) -> Result:
    return carat("run", "tier-review", "--as-of", "2026-07-31", *options)


def break_once(context: grpc.ServicerContext, done: int, seen: list[int], code: grpc.StatusCode) -> None:
    if done == 2 and not seen:
        seen.append(done)
        context.abort(code, "gone")


def test_a_run_is_watched_to_its_end_and_told(engine: FakeEngine):
    result = run_review()
    assert result.exit_code == 0
    assert f"Run {RUN_ID}: finished" in result.stdout
    assert "80,000 members read, 4 changes, 8,000 members a second" in result.stdout
    assert "failed a review, grace began" in result.stdout
    [request] = engine.started
    assert (request.job, request.validate_only, request.expected_plan_hash) == ("tier-review", False, "")
    assert (request.as_of.year, request.as_of.month, request.as_of.day) == (2026, 7, 31)


def test_the_id_of_a_run_can_be_copied_from_the_narrowest_terminal(engine: FakeEngine):
    result = CliRunner().invoke(app, ["run", "tier-review", "--as-of", "2026-07-31"], env={"COLUMNS": "30"})
    assert f"Run {RUN_ID}: finished\n" in result.stdout


@pytest.mark.parametrize(
    ("members", "changes", "told"),
    [(0, 0, "0 members read, 0 changes"), (1, 1, "1 member read, 1 change, 1 members a second")],
)
def test_what_a_run_did_is_told_in_plain_words(members: int, changes: int, told: str):
    run = Run(members_read=members, changes=[ChangeCount(members=changes)])
    run.started_at.FromSeconds(1)
    run.finished_at.FromSeconds(2)
    assert did_text(run) == told


def test_a_preview_records_nothing_and_names_its_plan(engine: FakeEngine):
    result = run_review("--preview")
    assert engine.started[0].validate_only
    assert f"Preview {RUN_ID}: finished" in result.stdout
    assert "plan hash f00d" in result.stdout


def test_a_run_can_insist_on_a_plan(engine: FakeEngine):
    run_review("--expect-plan", "f00d")
    assert engine.started[0].expected_plan_hash == "f00d"


def test_every_change_is_written_to_a_file(engine: FakeEngine, tmp_path: Path):
    path = tmp_path / "changes.csv"
    assert run_review("--preview", "--changes", str(path)).exit_code == 0
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["member_id"] for row in rows] == ["M0", "M1", "M2", "M3"]
    assert rows[0] | {"member_id": ""} == {
        "member_id": "",
        "reason": "GRACE_ENTERED",
        "from": "",
        "to": "gold",
        "effective_on": "2026-07-31",
    }


def test_an_engine_that_restarts_is_waited_for(engine: FakeEngine):
    seen: list[int] = []
    engine.on_watch = lambda context, done: break_once(context, done, seen, grpc.StatusCode.UNAVAILABLE)
    assert run_review().exit_code == 0
    assert seen == [2]
    assert engine.run.chunks_done == 4


def test_a_watch_that_breaks_for_another_reason_ends_the_command_and_not_the_run(engine: FakeEngine):
    seen: list[int] = []
    engine.on_watch = lambda context, done: break_once(context, done, seen, grpc.StatusCode.INTERNAL)
    assert run_review().exit_code == 4
    assert carat("runs", "watch", RUN_ID).exit_code == 0


def test_ctrl_c_leaves_the_run_going_and_says_what_can_be_done(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Absence, "end", interrupted)
    result = carat("run", "tier-review", "--as-of", "2026-07-31")
    assert result.exit_code == 130
    for word in ("watch", "cancel", "resume"):
        assert f"carat runs {word} {RUN_ID}" in result.stderr.replace("\n", " ")


def test_a_failed_run_is_told_and_can_be_resumed(engine: FakeEngine):
    engine.fails_at = 1
    failed = run_review()
    assert failed.exit_code == 4
    assert "the database is gone" in failed.stdout
    assert f"carat runs resume {RUN_ID}" in failed.stderr.replace("\n", " ")
    engine.fails_at = -1
    assert carat("runs", "resume", RUN_ID).exit_code == 0


def test_a_run_is_cancelled(engine: FakeEngine):
    run_review("--preview")
    assert ": cancelled" in carat("runs", "cancel", RUN_ID).stdout
    assert carat("runs", "watch", RUN_ID).exit_code == 1


def test_runs_are_listed(engine: FakeEngine):
    run_review()
    listed = carat("runs").stdout
    for text in (RUN_ID, "tier-review", "2026-07-31", "finished", "4/4", "80,000"):
        assert text in listed


def test_runs_are_listed_for_machines(engine: FakeEngine):
    assert json.loads(carat("runs", "--json").stdout) == []
    run_review()
    [run] = json.loads(carat("runs", "--json").stdout)
    assert (run["run_id"], run["state"], run["as_of"]) == (RUN_ID, "FINISHED", "2026-07-31")
    [count] = run["changes"]
    assert (count["reason"], count["from"], count["to"], count["members"]) == ("GRACE_ENTERED", "", "gold", 4)
    assert run["finished_at"] == "2027-01-15T08:00:10Z"


def test_a_run_needs_a_day(engine: FakeEngine):
    assert carat("run", "tier-review").exit_code == 2
    assert carat("run", "tier-review", "--as-of", "2026-02-30").exit_code == 2
    assert engine.started == []


LONG_ID = "allowance-refresh-2026-07-31-preview-abc123"


def narrow(is_terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=is_terminal, width=60)


def lines_of(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_run_is_one_line_however_narrow_the_terminal(is_terminal: bool):
    console = narrow(is_terminal)
    show_runs([Run(run_id=LONG_ID, state=RUN_STATE_FINISHED, members_read=1_000_000)], console)
    [line] = [line for line in lines_of(console) if "allowance" in line]
    assert line.split() == [LONG_ID, "finished", "0/0", "1,000,000", "0"]


def test_names_of_settings_are_never_broken_and_meanings_fold_in_a_terminal_only():
    rows = [row for row in load_settings().describe() if row.name == "CARAT_OBJECT_STORE_MEMORY_BYTES"]
    in_terminal, piped = narrow(is_terminal=True), narrow(is_terminal=False)
    show_settings(rows, in_terminal)
    show_settings(rows, piped)
    assert any("CARAT_OBJECT_STORE_MEMORY_BYTES" in line for line in lines_of(in_terminal))
    assert len(lines_of(in_terminal)) > 2
    assert len(lines_of(piped)) == 2
    assert rows[0].meaning in lines_of(piped)[1]
