"""The Points service: the ledger of what was earned, by whom, for what."""
