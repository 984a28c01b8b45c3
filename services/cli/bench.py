"""`carat bench`: the benchmark that lives beside the tests, run from a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import typer

import services
from services.cli.failures import CommandFailed, ExitCode

PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""How the command is to be registered: every option, --help too, is the benchmark's own."""

_CHECKOUT: Final = Path(next(iter(services.__path__))).resolve().parent


def bench(context: typer.Context) -> None:
    """Measure purchases and reviews side by side with hand-written SQL; see `carat bench --help`."""
    if not (_CHECKOUT / "tests" / "load" / "__main__.py").exists():
        raise CommandFailed(
            "the benchmark comes with the source code and not with the package: "
            "run `make bench` (or `carat bench`) in a checkout of Carat"
        )
    paths = [str(_CHECKOUT), str(_CHECKOUT / "protos"), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", "tests.load", *context.args]
    # Ctrl-C reaches both: the benchmark cleans up, and this process waits for it.
    with subprocess.Popen(command, env=environment) as process:
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                continue
    if code:
        raise typer.Exit(code if code > 0 else ExitCode.FAULTY)
