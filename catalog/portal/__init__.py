"""The portal: the embedded catalogue, a static site that opens from any web server and from the file system."""

from __future__ import annotations

from catalog.portal.portal import Portal
from catalog.portal.switch import PortalError

__all__ = ["Portal", "PortalError"]
