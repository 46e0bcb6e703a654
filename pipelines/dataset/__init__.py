"""What a dataset folder declares, and what is wrong with it."""
