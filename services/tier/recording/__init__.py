"""Units of work of the Tier service: lock and read, decide, record, in one transaction."""
