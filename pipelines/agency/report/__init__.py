"""The report on a file: problems in groups, as a page, a list and JSON."""
