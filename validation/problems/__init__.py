"""What each kind of problem is called, and what to do about it."""
