"""What a text or a column tells of somebody, weighed by linear classifiers that learnt from invented ones."""
