"""`carat simulate`: the movement matrix of a changed program, its mistakes by line, and replays."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc import code_pb2
from typer.testing import CliRunner, Result

from carat.operations.v1.operations_service_pb2 import SIMULATION_MODE_DUE, SIMULATION_MODE_EVERYONE
from carat.operations.v1.run_pb2 import ChangeCount
from services.cli.app import app
from services.runtime.refusal import FieldMistake, Refused, refusal_status
from tests.cli.fake_engine import FakeEngine, served_engine
from workers.refusals import Reason

LUXESPA = Path(__file__).parents[2] / "deploy" / "programs" / "luxespa.yaml"


def counted(
    reason: str, before: str, after: str, members: int, points: tuple[int, int] = (0, 0)
) -> ChangeCount:
    named = {"from": before, "to": after, "reason": reason, "members": members}
    return ChangeCount(**named, points_from=points[0], points_to=points[1])


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    fake = FakeEngine()
    with served_engine(fake) as address:
        monkeypatch.setenv("CARAT_OPERATIONS_ADDRESS", address)
        yield fake


def simulate(*options: str, file: Path = LUXESPA) -> Result:
    return CliRunner().invoke(app, ["simulate", str(file), *options], env={"COLUMNS": "200"})


def cells(result: Result, first: str) -> list[str]:
    """The cells of the line of a table that begins with a word."""
    [line] = [line for line in result.stdout.splitlines() if line.split()[:1] == [first]]
    return line.split()


def test_movements_are_told_from_level_to_level_in_their_order(engine: FakeEngine):
    engine.foreseen = [
        counted("FAST_TRACKED", "crystal", "platinum", 12),
        counted("THRESHOLD_REACHED", "crystal", "sapphire", 1_200),
        counted("GRACE_EXPIRED", "sapphire", "crystal", 30),
        counted("REVIEW_FAILED", "sapphire", "crystal", 4),
    ]
    result = simulate()
    assert result.exit_code == 0
    header = next(line for line in result.stdout.splitlines() if "From" in line)
    assert header.split() == ["From", "\\", "to", "crystal", "sapphire", "platinum"]
    assert cells(result, "crystal") == ["crystal", "1,200", "12"]
    assert cells(result, "sapphire") == ["sapphire", "34"]
    [request] = engine.simulated
    assert (request.program.code, request.mode) == ("LUXESPA-PRIVILEGE", SIMULATION_MODE_DUE)
    assert request.policy.systems[0].external_id == "luxespa"


def test_what_changes_without_a_move_is_told_apart(engine: FakeEngine):
    engine.foreseen = [
        counted("RENEWED", "sapphire", "sapphire", 70),
        counted("GRACE_ENTERED", "platinum", "platinum", 7),
    ]
    result = simulate("--everyone")
    assert "nobody moves" in result.stdout
    assert "Without a change of level" in result.stdout
    assert "failed a review, grace began" in result.stdout
    assert engine.simulated[0].mode == SIMULATION_MODE_EVERYONE


def test_a_replay_is_told_by_the_levels_in_both_systems_with_the_points(engine: FakeEngine):
    engine.foreseen = [
        counted("REPLAYED", "crystal", "crystal", 5, (100, 110)),
        counted("REPLAYED", "crystal", "sapphire", 3, (1_000, 1_250)),
    ]
    result = simulate("--replay", "luxespa", "trial")
    assert result.exit_code == 0
    assert cells(result, "crystal") == ["crystal", "5", "3"]
    assert "points earned: 1,100 in luxespa, 1,360 in trial" in result.stdout
    [request] = engine.simulated
    assert (request.system_a, request.system_b) == ("luxespa", "trial")


def test_every_change_is_written_to_a_file(engine: FakeEngine, tmp_path: Path):
    for options, points in (((), []), (("--replay", "a", "b"), ["points_from", "points_to"])):
        path = tmp_path / "changes.csv"
        assert simulate("--changes", str(path), *options).exit_code == 0
        with path.open(newline="") as file:
            rows = list(csv.reader(file))
        assert rows[0] == ["member_id", "reason", "from", "to", "effective_on", *points]
        assert [row[0] for row in rows[1:]] == ["M0", "M1", "M2", "M3"]


def test_a_simulation_is_told_to_machines(engine: FakeEngine):
    engine.foreseen = [counted("RENEWED", "sapphire", "sapphire", 70)]
    document = json.loads(simulate("--json").stdout)
    assert document["changes"][0]["members"] == 70


def test_the_mistakes_of_the_policy_are_told_by_line(engine: FakeEngine):
    path = "policy.systems[0].levels[1].multiplier_bp"
    mistake = FieldMistake(path, "MULTIPLIER_BELOW_ONE", "a multiplier is never below 1")

    def refuse(context: grpc.ServicerContext) -> None:
        refusal = Refused(Reason.POLICY_INVALID, "wrong", code_pb2.INVALID_ARGUMENT, mistakes=[mistake])
        context.abort_with_status(refusal_status(refusal, "operations.carat"))

    engine.on_call = refuse
    result = simulate()
    assert result.exit_code == 1
    assert "nothing was simulated:" in result.stderr
    place = "tier.systems[0].levels[1].multiplier: MULTIPLIER_BELOW_ONE: a multiplier is never below 1"
    assert place in result.stderr
    assert f"{LUXESPA}:1:" not in result.stderr


def test_a_file_that_cannot_be_read_starts_nothing(engine: FakeEngine, tmp_path: Path):
    file = tmp_path / "program.yaml"
    file.write_text("program: {}\ntier: {systms: []}\n")
    result = simulate(file=file)
    assert result.exit_code == 1
    assert "KEY_UNKNOWN" in result.stderr
    assert engine.simulated == []


def test_a_replay_of_everyone_is_a_contradiction(engine: FakeEngine):
    assert simulate("--everyone", "--replay", "a", "b").exit_code == 2
    assert engine.simulated == []
