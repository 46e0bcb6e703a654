"""What a dataset folder says, and what is wrong with it."""
