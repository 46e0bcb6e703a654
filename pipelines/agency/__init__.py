"""What whoever hands a file in gets: a check, a receipt, a report, the workbook back, an empty one."""
