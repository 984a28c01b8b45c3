"""`carat apply` against the real services, on databases of somebody else's PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from carat.benefits.v1 import benefits_service_pb2 as benefits
from carat.points.v1 import points_service_pb2 as points
from carat.tier.v1 import tier_service_pb2 as tier
from services.cli.connections import connect
from services.cli.failures import failure_of
from tests.cli.launching import Launched

PROGRAM = Path(__file__).parents[2] / "deploy" / "programs" / "luxespa.yaml"
LUXESPA = PROGRAM.read_text()


@pytest.fixture(scope="module")
def empty(new_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """No program has been applied, and the tests that use it apply none."""
    yield from launched(new_url, tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def carat(new_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    for running in launched(new_url, tmp_path_factory.mktemp("carat")):
        applied = running.carat("apply", str(PROGRAM))
        assert applied.returncode == 0, applied.stderr
        assert [line.split(maxsplit=1) for line in applied.stdout.splitlines()] == [
            ["tier", "is now revision 1"],
            ["points", "is now revision 1"],
            ["benefits", "is now revision 1"],
        ]
        yield running


def launched(new_url: Callable[[str], str], folder: Path) -> Iterator[Launched]:
    databases = {
        f"CARAT_{name.upper()}_DATABASE_URL": new_url(name) for name in ("tier", "points", "benefits")
    }
    running = Launched(folder / "data", **databases, CARAT_TIER_PROCESSES="1")
    yield running
    running.stop()


def revisions(running: Launched) -> list[int | str]:
    """The newest revision of each service, or why it has none."""
    with connect(running.settings) as to:
        asks: list[Callable[[], int]] = [
            lambda: to.tier.GetPolicy(tier.GetPolicyRequest()).revision.number,
            lambda: to.points.GetPolicy(points.GetPolicyRequest()).revision.number,
            lambda: to.benefits.GetPolicy(benefits.GetPolicyRequest()).revision.number,
        ]
        return [answered(ask) for ask in asks]


def answered(ask: Callable[[], int]) -> int | str:
    try:
        return ask()
    except grpc.RpcError as refused:
        return failure_of(refused).reason


def changed(folder: Path, *edits: tuple[str, str]) -> Path:
    text = LUXESPA
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "program.yaml"
    file.write_text(text)
    return file


def line_of(words: str, file: Path) -> int:
    text = file.read_text()
    return text[: text.index(words)].count("\n") + 1


def test_nobody_starts_a_postgres_where_databases_are_given(empty: Launched):
    assert not (empty.data_dir / "cluster").exists()
    assert "those of CARAT_*_DATABASE_URL" in empty.said()


def test_every_mistake_is_told_with_its_line_and_nothing_is_written(empty: Launched, tmp_path: Path):
    file = changed(
        tmp_path,
        ("multiplier: 1.25", "multiplier: 0.9"),
        ("spend: 10000.00", "spend: 10,000"),
        ("service: 1\n", "service: -1\n"),
        ("quantity: 2", "quantity: 0"),
    )
    told = empty.carat("apply", str(file))
    assert told.returncode == 1
    found = [line for line in told.stderr.splitlines() if line.startswith(str(file))]
    assert [line.removeprefix(f"{file}:").split(": ")[:3] for line in found] == [
        [str(line_of("0.9", file)), "tier.systems[0].levels[1].multiplier", "MULTIPLIER_BELOW_ONE"],
        [str(line_of("10,000", file)), "tier.systems[0].levels[2].entry.spend", "NUMBER_MUST_BE_PLAIN"],
        [str(line_of("-1", file)), "points.rates.service", "RATE_OUT_OF_RANGE"],
        [str(line_of("quantity: 0", file)), "benefits.allowances[1].quantity", "OUT_OF_RANGE"],
    ]
    assert revisions(empty) == ["POLICY_REQUIRED"] * 3


def test_a_mistake_that_only_the_last_service_sees_keeps_the_first_from_writing(
    empty: Launched, tmp_path: Path
):
    file = changed(tmp_path, ("quantity: 1\n", "quantity: 0\n"))
    assert empty.carat("apply", str(file)).returncode == 1
    assert revisions(empty) == ["POLICY_REQUIRED"] * 3


def test_asking_only_what_would_change_writes_nothing(empty: Launched):
    told = empty.carat("apply", str(PROGRAM), "--validate-only")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.count("would become revision 1") == 3
    assert revisions(empty) == ["POLICY_REQUIRED"] * 3


def test_a_file_that_is_not_there_is_told_without_asking_anybody(tmp_path: Path, empty: Launched):
    told = empty.carat("apply", str(tmp_path / "nothing.yaml"))
    assert told.returncode == 1
    assert "nothing.yaml:1: FILE_MUST_BE_READABLE" in told.stderr


def test_applying_again_changes_nothing(carat: Launched):
    before = revisions(carat)
    told = carat.carat("apply", str(PROGRAM))
    assert told.returncode == 0
    assert told.stdout.startswith(f"nothing changed: {PROGRAM} was applied already\n")
    assert revisions(carat) == before == [1, 1, 1]


def test_a_change_is_a_new_revision_of_the_service_that_it_concerns_alone(carat: Launched, tmp_path: Path):
    file = changed(tmp_path, ("multiplier: 1.25", "multiplier: 1.30"))
    told = carat.carat("apply", str(file), "--effective-from", "2099-01-01")
    assert told.returncode == 0, told.stderr
    assert [line.split(maxsplit=1) for line in told.stdout.splitlines()] == [
        ["tier", "is now revision 2, in force from 2099-01-01"],
        ["points", "unchanged, revision 1"],
        ["benefits", "unchanged, revision 1"],
    ]


def test_a_change_of_the_past_is_refused(carat: Launched, tmp_path: Path):
    file = changed(tmp_path, ("multiplier: 2.00", "multiplier: 2.50"))
    told = carat.carat("apply", str(file), "--effective-from", "2020-01-01")
    assert told.returncode == 1
    assert "MUST_NOT_BE_RETROACTIVE" in told.stderr


def test_a_day_that_is_none_is_a_mistake_in_the_arguments(carat: Launched):
    told = carat.carat("apply", str(PROGRAM), "--effective-from", "2026-02-30")
    assert told.returncode == 2
    assert "2026-01-31" in told.stderr
