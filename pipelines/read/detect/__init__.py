"""What nobody declared about a file, found out, each finding with its confidence."""
