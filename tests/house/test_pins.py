"""What is installed is named once and plainly: versions, never addresses."""

import re
import tomllib

import pytest

from tests.house.sources import ROOT

PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.+!]+")
LOCK_FILES = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def constraint_lines() -> list[str]:
    return (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def pins(lines: list[str]) -> dict[str, str]:
    return {normalised(name): version for name, _, version in (line.partition("==") for line in lines)}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_constraints_are_plain_pins():
    assert [line for line in constraint_lines() if not PIN.fullmatch(line)] == []


def test_every_package_is_pinned_once():
    names = [normalised(line.partition("==")[0]) for line in constraint_lines()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", LOCK_FILES)
def test_no_lock_file_records_where_packages_came_from(name: str):
    assert not (ROOT / name).exists()


def test_everything_asked_for_is_pinned():
    asked = project()["project"]["dependencies"] + project()["project"]["optional-dependencies"]["dev"]
    names = {normalised(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]) for requirement in asked}
    assert names - pins(constraint_lines()).keys() == set()


def test_the_build_uses_the_pinned_compiler():
    build = pins(project()["build-system"]["requires"])
    assert {name: pins(constraint_lines()).get(name) for name in build} == build


def test_stubs_are_never_newer_than_their_runtime():
    assert pins(constraint_lines())["grpcio-tools"] == pins(constraint_lines())["grpcio"]
