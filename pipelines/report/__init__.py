"""What a check found, told to whoever filled in the file: a page, a list, their own workbook with notes in it, and a corrected copy."""
