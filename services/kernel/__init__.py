"""Pure and tiny: calendar, shards, columns, refusals, exact arithmetic."""
