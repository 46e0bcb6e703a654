"""A CKAN as a catalogue: each package in one revise, its tables row by row."""
