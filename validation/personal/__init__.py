"""Personal data, and texts that would run: found in whole columns."""
