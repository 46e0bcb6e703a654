"""The agency's own workbook back, with notes, and corrected where that is certain."""
