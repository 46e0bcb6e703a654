"""The charts and maps that a declaration asks for."""
