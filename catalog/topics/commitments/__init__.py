"""Action plans, commitments and milestones, and how they stood on any day."""
