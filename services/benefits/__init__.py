"""Benefits: what members are owed for their level, and what they have used of it."""
