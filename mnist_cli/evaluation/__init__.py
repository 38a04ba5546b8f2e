"""How well and how fast a net reads a labelled set.

`evaluation` has the two functions to call and the table of views, `setup` the nets, the set and the
predictions. A view is a module with a function `compute`, which takes a setup, and settings that
have names. What it returns is its part of the document of ``--json``: a tuple of rows, or a result
whose fields have the names that they have there.
"""
