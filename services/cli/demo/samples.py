"""The sample programs, wherever this Carat keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parents[1]


def sample_program(name: str, package: Path = _PACKAGE) -> Path:
    """The file of a sample program: a wheel carries them within `package`, services.cli; a checkout in deploy."""
    carried = package / "programs" / name
    return carried if carried.exists() else package.parents[1] / "deploy" / "programs" / name
