"""The benchmark, made small: it is no test of speed, but whoever wants figures must get them."""

import json
import subprocess
from pathlib import Path

from tests.cli.launching import COMMAND
from tests.cli.waiting import environment_for_children

SMALL = ("--members", "2000", "--buyers", "500", "--seconds", "0.5", "--workers", "2")


def test_the_benchmark_measures_both_parts_and_finds_every_way_alike(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [*COMMAND, "bench", *SMALL, "--json", str(figures)],
        env=environment_for_children(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ratios = json.loads(figures.read_text())["ratios"]
    assert {each["number"] for each in ratios} == {"P1", "P2", "P3", "P4", "P7", "P8"}
    assert all(each["value"] > 0 for each in ratios if each["number"] != "P7")
    assert [each["value"] for each in ratios if "changes of a second run" in each["told"]] == [0, 0]
    assert done.stdout.count("All four ways wrote the same rows") == 2
