"""The report on a file: its problems in groups, as a page, a list and JSON."""
