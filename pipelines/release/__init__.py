"""One dataset from its source to a release. Read run.py first."""
