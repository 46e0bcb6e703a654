"""What changed from one release to another: rows, cells, fields, and why that makes a version."""
