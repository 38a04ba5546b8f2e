"""Results -> what a person sees: the only package that imports rich.

Each command has a module here whose functions turn its result into lines (`render.text`) and into
the plain values that ``--json`` prints. Nothing here computes.
"""
