"""The files of the house: what its people wrote, nothing generated or installed."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHELVES = ("services", "workers", "protos", "tests", "deploy")


@cache
def files(suffix: str, *shelves: str) -> tuple[Path, ...]:
    """The written files with a suffix, on all shelves or the named ones, relative to the root."""
    found = [path for shelf in shelves or SHELVES for path in (ROOT / shelf).rglob(f"*{suffix}")]
    if not shelves:
        found += ROOT.glob(f"*{suffix}")
    return tuple(sorted(path.relative_to(ROOT) for path in found if "_pb2" not in path.name))


def text(path: Path) -> str:
    """The content of a file of the house."""
    return (ROOT / path).read_text(encoding="utf-8")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a Python file."""
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
