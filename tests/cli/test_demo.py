"""`carat demo`, small: the whole story ends well, and the folder is emptied only when it is the demo's."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import hatch_build
from services.cli.demo.command import settings_of_the_demo
from services.cli.demo.folder import MARK, empty_folder
from services.cli.demo.jobs import JOBS
from services.cli.demo.samples import sample_program
from services.cli.failures import CommandFailed
from services.runtime.clock import Clock
from tests.cli.launching import COMMAND, children_of, folder_for_postgres, module_of
from tests.cli.waiting import environment_for_children, eventually, is_alive

ROOT = Path(__file__).parents[2]
MODULES = {
    "services.tier",
    "services.points",
    "services.benefits",
    "workers",
    "services.cli.launcher.postgres_guard",
}
SMALL_AND_WIDE = {"CARAT_EXECUTOR": "inline", "CARAT_DRAIN_SECONDS": "1", "COLUMNS": "160"}


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_for_postgres() as made:
        yield made


def started(folder: Path, members: int) -> tuple[subprocess.Popen[bytes], Path]:
    output = folder / "demo.out"
    with output.open("wb") as file:
        demo = subprocess.Popen(
            [*COMMAND, "demo", "--members", str(members)],
            env=environment_for_children() | SMALL_AND_WIDE | {"CARAT_DATA_DIR": str(folder)},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return demo, output


def ended(demo: subprocess.Popen[bytes], within_seconds: float) -> bool:
    try:
        demo.wait(within_seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def services_of(demo: subprocess.Popen[bytes]) -> set[int]:
    """What it keeps running until its end; the numbers of what ends before may be others' by then."""
    return {pid for pid in children_of(demo.pid) if module_of(pid) in MODULES}


def test_the_whole_story_is_told_and_nothing_is_left_running(folder: Path):
    demo, output = started(folder, members=300)
    processes: set[int] = set()
    while not ended(demo, within_seconds=0.2):
        processes |= services_of(demo)
    said = output.read_text()
    assert demo.returncode == 0, said
    assert "300 members enrolled" in said
    assert "payments by points" in said
    assert "purchases refunded" in said
    assert "LUXE-POINTS in" in said
    for job in ("tier-review", "grace-expiration", "allowance-refresh"):
        assert f"✓ {job} as of 2026" in said
    assert "Tier and Benefits know the same number of members at each level" in said
    assert "carat member show M0000" in said
    assert f"carat up --data-dir {folder / 'demo'}" in said
    assert processes
    assert [pid for pid in processes if is_alive(pid)] == []


def test_ctrl_c_in_the_middle_stops_everything(folder: Path):
    demo, output = started(folder, members=30_000)
    eventually(lambda: "members enrolled" in output.read_text(), 300)
    processes = services_of(demo)
    assert processes
    demo.send_signal(signal.SIGINT)
    assert demo.wait(240) == 130
    assert [pid for pid in processes if is_alive(pid)] == []
    assert output.read_text().endswith("carat: interrupted\n")


def test_what_an_earlier_demo_left_is_removed(tmp_path: Path):
    empty_folder(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "tier-0.log").write_text("serving")
    (tmp_path / "port").write_text("1")
    empty_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [MARK]


def test_a_folder_that_is_not_the_demos_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(CommandFailed, match="no demo made"):
        empty_folder(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_link_out_of_the_folder_is_removed_and_not_followed(tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    folder = tmp_path / "demo"
    folder.mkdir()
    empty_folder(folder)
    os.symlink(elsewhere, folder / "link")
    empty_folder(folder)
    assert (elsewhere / "kept").exists()
    assert not (folder / "link").is_symlink()


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Asia/Kuala_Lumpur"])
def test_on_whatever_day_the_demo_is_started_the_days_of_its_jobs_have_come(
    monkeypatch: pytest.MonkeyPatch, zone: str
):
    monkeypatch.setenv("CARAT_FIXED_NOW", "2026-04-01T00:00:00Z")
    standing_still = settings_of_the_demo().fixed_now
    assert standing_still is not None
    today = Clock(standing_still).today(ZoneInfo(zone))
    assert all(job.as_of <= today for job in JOBS)


def test_a_checkout_has_the_sample_programs():
    assert sample_program("luxespa.yaml").is_file()


def test_a_wheel_carries_the_sample_programs_to_where_they_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hatch_build, "write_stubs", lambda _root: None)
    build: dict[str, dict[str, str]] = {"force_include": {}}
    hook = hatch_build.StubsHook(str(ROOT), {}, None, None, "", "wheel")
    hook.initialize("standard", build)
    for source, target in build["force_include"].items():
        shutil.copytree(ROOT / source, tmp_path / target)
    assert sample_program("luxespa.yaml", tmp_path / "services" / "cli").is_file()
