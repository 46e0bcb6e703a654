"""Messages to producers and programs: one for each change of state, with the true state, never twice."""
