"""`carat apply --until`, `carat revisions`, `carat properties` and `carat levels` against the real services."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.launching import Launched
from tests.cli.test_apply import PROGRAM, changed, launched, revisions


@pytest.fixture(scope="module")
def running(new_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """LuxeSpa as it is shipped."""
    for carat in launched(new_url, tmp_path_factory.mktemp("carat")):
        assert carat.carat("apply", str(PROGRAM)).returncode == 0
        yield carat


def told(running: Launched, *words: str) -> Any:
    answer = running.carat(*words, "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def rows(running: Launched, *words: str) -> list[list[str]]:
    answer = running.carat(*words)
    assert answer.returncode == 0, answer.stderr
    return [line.split() for line in answer.stdout.splitlines() if line.strip()]


def test_a_range_is_applied_listed_and_cancelled_once(running: Launched, tmp_path: Path) -> None:
    file = changed(tmp_path, ("multiplier: 1.25", "multiplier: 1.30"))
    term = ("--from", "2099-01-01", "--until", "2099-02-01")
    assert rows(running, "apply", str(file), *term) == [
        ["tier", "is", "now", "revision", "2,", "in", "force", "from", "2099-01-01", "until", "2099-02-01"],
        ["points", "unchanged,", "revision", "1"],
        ["benefits", "unchanged,", "revision", "1"],
    ]
    again = running.carat("apply", str(file), *term)
    assert again.stdout.splitlines()[:2] == [
        f"nothing changed: {file} was applied already",
        "tier      unchanged, revision 2, in force from 2099-01-01 until 2099-02-01",
    ]
    assert [row[:4] for row in rows(running, "revisions")[-2:]] == [
        ["2", "2099-01-01", "2099-02-01", "pending"],
        ["1", "ever", "in", "force"],
    ]
    assert told(running, "revisions", "cancel", "2")[0]["state"] == "CANCELLED"
    assert [record["state"] for record in told(running, "revisions", "list")] == ["CANCELLED", "IN_FORCE"]
    refused = running.carat("revisions", "cancel", "2")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "REVISION_ALREADY_CANCELLED" in refused.stderr


def test_who_asks_what_would_change_is_told_how_to_see_who_would_move(
    running: Launched, tmp_path: Path
) -> None:
    file = changed(tmp_path, ("multiplier: 1.25", "multiplier: 1.30"))
    asked = running.carat("apply", str(file), "--validate-only")
    assert asked.stdout.endswith(f"carat simulate {file}\n")
    assert "simulate" not in running.carat("apply", str(PROGRAM), "--validate-only").stdout


def test_only_the_levels_of_a_file_with_an_end_may_differ(running: Launched, tmp_path: Path) -> None:
    before = revisions(running)
    file = changed(tmp_path, ("multiplier: 1.25", "multiplier: 1.30"), ("quantity: 1\n", "quantity: 3\n"))
    refused = running.carat("apply", str(file), "--until", "2099-02-01")
    assert refused.returncode == 1
    assert "but so does benefits" in refused.stderr
    assert revisions(running) == before


def test_an_end_before_the_beginning_is_refused(running: Launched, tmp_path: Path) -> None:
    file = changed(tmp_path, ("multiplier: 1.25", "multiplier: 1.30"))
    refused = running.carat("apply", str(file), "--from", "2099-02-01", "--until", "2099-02-01")
    assert refused.returncode == 1
    assert "\n--until: RANGE_MUST_END_AFTER_START: " in refused.stderr  # not a line of the file


def test_a_multiplier_is_set_and_shown_for_each_level(running: Launched) -> None:
    assert rows(running, "properties", "set", "app", "2.5")[-1] == ["app", "LuxeSpa", "app", "×2.5"]
    assert [row[-1] for row in rows(running, "properties")[-2:]] == ["×2.5", "×1"]
    assert told(running, "properties", "list")[0]["multiplier_bp"] == 25_000
    assert rows(running, "levels")[-4:] == [
        ["luxespa", "crystal", "×1", "×2.5", "×1", "×2"],
        ["luxespa", "sapphire", "×1.25", "×3.125", "×1.25", "×3"],
        ["luxespa", "platinum", "×1.5", "×3.75", "×1.5", "×5", "+10%"],
        ["luxespa", "diamond", "×2", "×5", "×2", "×10", "+20%"],
    ]
    assert len(told(running, "levels", "--system", "luxespa")) == 12


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("properties", "set", "app", "0.5"), 1, "MULTIPLIER_BELOW_ONE"),
        (("properties", "set", "app", "100.5"), 1, "MULTIPLIER_ABOVE_LIMIT"),
        (("properties", "set", "kiosk", "2"), 1, "PROPERTY_UNKNOWN"),
        (("properties", "set", "app", "2,5"), 2, "plain number"),
        (("levels", "--system", "gold"), 1, "TIER_SYSTEM_UNKNOWN"),
        (("revisions", "cancel", "1"), 1, "REVISION_HAS_STARTED"),
        (("revisions", "cancel", "99"), 1, "REVISION_UNKNOWN"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    running: Launched, words: tuple[str, ...], exit_code: int, said: str
) -> None:
    before = told(running, "properties"), told(running, "revisions")
    refused = running.carat(*words)
    assert (refused.returncode, refused.stdout) == (exit_code, "")
    assert said in refused.stderr
    assert (told(running, "properties"), told(running, "revisions")) == before
