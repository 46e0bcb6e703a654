"""Personal data in a table that nobody meant to publish: found by check digits and by what stands beside, told by position only."""
