"""What a child process is told: the settings of the launcher, as the variables it would have been given."""

from __future__ import annotations

import os
from collections.abc import Mapping

from services.runtime.settings import PREFIX, Settings


def environment_of(settings: Settings) -> Mapping[str, str]:
    """The launcher's own environment with its settings in place of whatever CARAT_* variables it has."""
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    values = settings.model_dump(mode="json", exclude_none=True)
    return inherited | {f"{PREFIX}{name}".upper(): str(value) for name, value in values.items()}
