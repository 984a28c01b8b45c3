"""Imports that break off: nothing is lost, and the same command goes on."""

from pathlib import Path

import grpc
import pytest

from services.cli.importing.sending import State
from services.points.refusals import Reason
from services.runtime.settings import load_settings
from tests.cli.fake_services import FakePoints, refused, served_points, unavailable
from tests.cli.importing_trial import carat_import, counts, orders_by_member, purchases, session_of, written


def test_a_service_that_is_away_for_a_while_is_waited_for(fake_points: FakePoints, tmp_path: Path):
    absences = iter(range(7))
    fake_points.before_batch = lambda context: (
        unavailable(context) if next(absences, None) is not None else None
    )
    path = written(tmp_path / "purchases.csv", purchases(20, members=1))
    assert counts(carat_import(path)) == {"read": 20, "recorded": 20}
    assert next(absences, None) is None


def test_a_refused_call_ends_the_import_with_its_reason(fake_points: FakePoints, tmp_path: Path):
    fake_points.before_batch = lambda context: refused(
        context, Reason.POLICY_REQUIRED, "apply a program first"
    )
    result = carat_import(written(tmp_path / "purchases.csv", purchases(20)))
    assert result.exit_code == 1
    assert "POLICY_REQUIRED" in result.stderr
    assert "not answered" in result.stdout


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("batches_until_it_breaks", [0, 1, 5, 20])
def test_an_import_that_broke_off_and_is_repeated_ends_like_an_undisturbed_one(
    fake_points: FakePoints, tmp_path: Path, batches_until_it_breaks: int
):
    rows = purchases(400, members=31)
    path = written(tmp_path / "purchases.csv", rows)

    def break_off(context: grpc.ServicerContext) -> None:
        if len(fake_points.batches) >= batches_until_it_breaks:
            context.abort(grpc.StatusCode.INTERNAL, "broken")

    fake_points.before_batch = break_off
    assert carat_import(path).exit_code == 4
    before = len(fake_points.recorded)
    fake_points.before_batch = lambda _context: None
    again = counts(carat_import(path))
    assert again == {
        name: rows
        for name, rows in [("read", 400), ("recorded", 400 - before), ("already recorded", before)]
        if rows
    }
    undisturbed = FakePoints()
    with served_points(undisturbed) as address:
        session_of(path).run(load_settings(points_address=address), lambda _line: None)
    assert orders_by_member(fake_points) == orders_by_member(undisturbed)


@pytest.mark.usefixtures("small_batches")
def test_ctrl_c_counts_what_was_answered_and_a_repetition_does_the_rest(
    fake_points: FakePoints, tmp_path: Path
):
    path = written(tmp_path / "purchases.csv", purchases(3_000))
    session = session_of(path)

    def interrupt(_line: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.run(load_settings(), interrupt)
    summary = session.summary
    assert summary.states[State.RECORDED] == len(fake_points.recorded)
    assert summary.unanswered == summary.read - len(fake_points.recorded) > 0
    before = len(fake_points.recorded)
    assert counts(carat_import(path)) == {
        "read": 3_000,
        "recorded": 3_000 - before,
        "already recorded": before,
    }
