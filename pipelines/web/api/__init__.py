"""The data, asked by programs: catalogue, versions, changes, and the rows of any published version."""
