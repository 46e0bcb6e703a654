"""What answers over HTTP: the portal, with its form for problems."""
