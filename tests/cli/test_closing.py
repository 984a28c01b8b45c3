"""`carat close-day`: one line a run, gone on with wherever it was left."""

from collections.abc import Iterator

import grpc
import pytest
from typer.testing import CliRunner, Result

from services.cli import closing
from services.cli.app import app
from tests.cli.fake_engine import FakeEngine, served_engine
from tests.cli.fake_services import unavailable


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    fake = FakeEngine()
    with served_engine(fake) as address:
        monkeypatch.setenv("CARAT_OPERATIONS_ADDRESS", address)
        yield fake


def close_day(*options: str) -> Result:
    return CliRunner().invoke(app, ["close-day", "--as-of", "2026-07-31", *options], env={"COLUMNS": "200"})


def test_every_run_of_the_day_is_told_in_a_line(engine: FakeEngine):
    engine.left = ["tier-review", "grace-expiration"]
    result = close_day()
    assert result.exit_code == 0
    *lines, last = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["2026-07-31", "tier-review"],
        ["2026-07-31", "grace-expiration"],
    ]
    assert "80,000 members read, 4 changes" in lines[0]
    assert last == "2026-07-31 is closed by 2 runs"


def test_a_day_that_is_closed_takes_no_run(engine: FakeEngine):
    result = close_day()
    assert (result.exit_code, result.stdout) == (0, "2026-07-31 was closed already\n")


def test_a_run_that_fails_ends_the_command_and_the_same_command_goes_on(engine: FakeEngine):
    engine.left = ["tier-review", "grace-expiration"]
    engine.fails_at = 1
    failed = close_day()
    assert failed.exit_code == 4
    assert "the database is gone" in failed.stderr
    assert "carat close-day --as-of 2026-07-31" in failed.stderr.replace("\n", " ")
    engine.fails_at = -1
    assert close_day().exit_code == 0
    assert engine.left == []


def test_a_run_that_somebody_cancels_ends_the_command(engine: FakeEngine):
    engine.left = ["tier-review"]
    engine.on_watch = lambda _context, done: engine.CancelRun(None, None) if done == 2 else None
    result = close_day()
    assert result.exit_code == 1
    assert "tier-review-1 was cancelled" in result.stderr


def test_an_engine_that_restarts_is_called_again(engine: FakeEngine):
    calls: list[int] = []

    def away_once(context: grpc.ServicerContext) -> None:
        calls.append(1)
        if len(calls) == 2:
            unavailable(context)

    engine.left = ["tier-review", "grace-expiration", "tenure"]
    engine.on_call = away_once
    result = close_day()
    assert result.exit_code == 0
    assert "closed by 3 runs" in result.stdout
    assert len(calls) == 4


def test_ctrl_c_leaves_the_run_under_way_and_says_how_to_go_on(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(closing, "watched", interrupted)
    engine.left = ["tier-review"]
    result = close_day()
    assert result.exit_code == 130
    assert "carat close-day --as-of 2026-07-31" in result.stderr.replace("\n", " ")


def test_a_day_must_be_named(engine: FakeEngine):
    assert CliRunner().invoke(app, ["close-day"]).exit_code == 2
