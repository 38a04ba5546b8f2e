"""The forward pass: the net itself, and the quick way to the same numbers."""
