"""How well and how fast a net reads a labelled set; a view is a module with a `compute`."""
