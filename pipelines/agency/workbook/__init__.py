"""The agency's own workbook goes back, with notes, and corrected where only one reading makes sense."""
