"""What a member id or transaction id may look like."""


def is_printable(identifier: str) -> bool:
    """1 to 64 printable ASCII characters without spaces."""
    if not 1 <= len(identifier) <= 64:
        return False
    return all("!" <= character <= "~" for character in identifier)
