"""How well and how fast a net reads a labelled set."""
