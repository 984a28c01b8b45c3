"""How a process of Carat runs: settings, clock, logs, database, server."""
