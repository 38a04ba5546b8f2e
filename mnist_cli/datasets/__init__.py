"""Labelled sets of images: IDX files, read in flat memory, and what can be done to them."""
