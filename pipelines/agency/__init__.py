"""What an agency that hands a file in gets: a check, a receipt, a report, its workbook back, an empty one."""
