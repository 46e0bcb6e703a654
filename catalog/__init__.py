"""Keeps releases, and shows them: the archive is the truth, portal and CKAN are made to look like it."""
