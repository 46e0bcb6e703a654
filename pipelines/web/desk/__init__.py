"""The desk at `/mesa/`: an agency has a file checked in its browser, and takes the answer with it."""
