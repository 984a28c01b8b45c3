"""The units of work of Benefits: lock and read, decide, record, in one transaction."""
