"""The portal's search: what can be found, in which words, and the index that the page's own script reads"""
