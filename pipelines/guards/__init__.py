"""Is an extract like the ones before it? Measured against the last releases; no limit is written by anyone."""
