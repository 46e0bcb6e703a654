"""The archive: blobs by their sha256, a log for each dataset, and what changed between releases."""
