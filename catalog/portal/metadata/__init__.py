"""What catalogues elsewhere read: one record per dataset, written in the words of each standard."""
