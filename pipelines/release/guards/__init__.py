"""Whether an extract is like the ones before it: profiles, expected ranges, and what stops a run."""
