"""What nobody declared about a file is found out; each finding says how sure it is."""
