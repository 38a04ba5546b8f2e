"""A picture file to its pixels: told by content, within bounds, upright, on its background."""
