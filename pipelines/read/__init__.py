"""From the bytes of a raw file to a table of texts with the agency's own row numbers."""
