"""An empty workbook to fill in, made from the declaration."""
