"""From labelled images to weights, by a recipe, in NumPy."""
