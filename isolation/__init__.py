"""Foreign things are opened, judged and drawn in processes of their own, within bounds of memory and time."""
