"""Points at which a test may have the process killed, as if the machine had failed there."""

import os
import signal
from itertools import count

_NAME, _, _PASSING = os.environ.get("CARAT_FAULT", "").partition(":")
_passings = count(1)


def fault_point(name: str) -> None:
    """Marks a point of the program; costs a comparison unless a fault is armed here.

    `CARAT_FAULT=chunk.recorded:3` kills the process, without any clean-up, when it passes that point the
    third time.
    """
    if name == _NAME and next(_passings) == int(_PASSING or "1"):
        os.kill(os.getpid(), signal.SIGKILL)
