"""How a message shows what a file says."""


def shown(text: str) -> str:
    """A value as a message shows it: quoted, and short."""
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
