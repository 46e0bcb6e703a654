"""Trains the classifiers of cells and columns (`validation/personal/classifier`), and measures them."""
