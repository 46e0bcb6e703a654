"""The register of problems: what each kind is called, how grave it is, and what to do about it."""
