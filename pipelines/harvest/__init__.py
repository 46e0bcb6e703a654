"""A catalogue that others keep, read into declarations of ours: what it does not say stands there as a "
"question"""
