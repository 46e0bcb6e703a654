"""A CKAN as a catalogue: its packages, files and tables made to look like the archive's public part."""

from __future__ import annotations

from catalog.ckan.catalogue import Ckan
from catalog.ckan.package import Adoption
from catalog.ckan.remote import CkanError, Remote

__all__ = ["Adoption", "Ckan", "CkanError", "Remote"]
