"""From a dataset folder and its sources to a release, and to whoever waits for it."""
