"""Units of work of the Points service: read, decide, record, in one transaction each."""
