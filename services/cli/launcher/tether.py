"""Runs a module in a process that ends when its launcher does, however that ends.

The launcher holds the other end of standard input. The kernel closes it when the launcher dies, kill -9
included, on every system and whatever thread started the process.

    python -m services.cli.launcher.tether SECONDS_TO_DRAIN MODULE ARGUMENT...
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time


def wait_for_the_launchers_end() -> None:
    """Returns when the launcher has closed standard input or is gone."""
    while os.read(sys.stdin.fileno(), 1):
        pass


def _end_with_the_launcher(seconds_to_drain: float) -> None:
    wait_for_the_launchers_end()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(seconds_to_drain)
    os._exit(1)


def _main() -> None:
    seconds_to_drain, module, *arguments = sys.argv[1:]
    watch = threading.Thread(target=_end_with_the_launcher, args=(float(seconds_to_drain),), daemon=True)
    watch.start()
    sys.argv[:] = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
