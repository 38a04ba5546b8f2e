"""Weights files: reading and writing them, their cards, and what they hold."""
