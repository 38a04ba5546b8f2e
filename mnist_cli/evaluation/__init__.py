"""How well and how fast a net reads a labelled set.

`evaluation` has the two functions to call; `predictions` is the pass over the set; each view of it
is a module that `views` lists.
"""
