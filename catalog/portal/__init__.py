"""The static portal, in Spanish and English."""
