"""Small rooms: limits on files, functions and the kernel, and names that say nothing."""

from pathlib import Path

from tests.house.sources import ROOT, SHELVES, files, functions, text

LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 50
LINES_OF_THE_KERNEL = 300
NAMES_THAT_SAY_NOTHING = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}


def lines(path: Path) -> int:
    return len(text(path).splitlines())


def test_the_search_sees_the_house():
    assert Path("services/kernel/__init__.py") in files(".py")
    assert Path("tests/house/test_sizes.py") in files(".py")


def test_no_file_outgrows_its_ceiling():
    assert {str(path): lines(path) for path in files(".py") if lines(path) > LINES_OF_A_FILE} == {}


def test_the_kernel_stays_tiny():
    assert sum(lines(path) for path in files(".py", "services/kernel")) <= LINES_OF_THE_KERNEL


def test_no_function_outgrows_a_screen():
    sizes = {
        f"{path}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in files(".py")
        if path.parts[0] != "tests"
        for function in functions(path)
    }
    assert {where: size for where, size in sizes.items() if size > LINES_OF_A_FUNCTION} == {}


def test_every_name_says_what_is_inside():
    paths = [path.relative_to(ROOT) for shelf in SHELVES for path in (ROOT / shelf).rglob("*")]
    assert [str(path) for path in paths if path.stem in NAMES_THAT_SAY_NOTHING] == []
