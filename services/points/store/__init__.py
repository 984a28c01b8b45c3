"""What the Points service keeps: reads into columns, and decisions recorded, each a few statements for any number."""
