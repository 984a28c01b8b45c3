"""Stops the embedded PostgreSQL of a launcher that died without doing so.

A server outlives the process that started it; whoever attaches to an orphaned one owns it and may stop it.

    python -m services.cli.launcher.postgres_guard DATA_DIR SECONDS_TO_DRAIN
"""

from __future__ import annotations

import sys
import time

from services.cli.launcher.tether import wait_for_the_launchers_end
from services.runtime.postgres import EmbeddedPostgres


def _main() -> None:
    data_dir, seconds_to_drain = sys.argv[1:]
    wait_for_the_launchers_end()
    time.sleep(float(seconds_to_drain))
    postgres = EmbeddedPostgres(data_dir)
    if postgres.is_running():
        postgres.start().stop()


if __name__ == "__main__":
    _main()
