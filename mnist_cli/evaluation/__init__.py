"""How well and how fast a net reads a labelled set.

`evaluation` has the two functions to call and the table of views, `run` the pass over the set. A
view is a module with a function `compute`, which takes a run, and settings that have names.
"""
