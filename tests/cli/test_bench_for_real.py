"""The benchmark, made small: no figure is judged, but whoever wants figures must get them."""

import json
import subprocess
from pathlib import Path

from services.cli.launcher.interruption import Interruption
from tests.cli.launching import COMMAND, folder_for_postgres
from tests.cli.waiting import environment_for_children
from tests.load.purchase_stages import MESSAGES, POINTS, RULES, TIER, measure_stages
from tests.load.stack import enrol_buyers, running_stack

BUYERS = 500
SMALL = ("--members", "2000", "--workers", "2")


def test_reviews_are_measured_and_every_way_writes_the_same_rows(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [*COMMAND, "bench", "--only", "reviews", *SMALL, "--json", str(figures)],
        env=environment_for_children(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ratios = json.loads(figures.read_text())["ratios"]
    assert {each["number"] for each in ratios} == {"P3", "P4", "P7", "P8"}
    assert [each["value"] for each in ratios if "changes of a second run" in each["told"]] == [0, 0]
    assert done.stdout.count("All four ways wrote the same rows") == 2


def test_a_batch_of_purchases_is_timed_stage_by_stage() -> None:
    with (
        folder_for_postgres() as folder,
        running_stack(folder / "data", Interruption(), lambda news: None) as settings,
    ):
        enrol_buyers(settings, BUYERS)
        profile = measure_stages(settings, BUYERS, seconds=0.5)
    assert profile.batches >= 1
    assert {MESSAGES, POINTS, TIER, RULES} <= {
        stage for stage, spent in profile.spent.items() if spent.seconds > 0
    }
