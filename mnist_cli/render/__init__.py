"""Results -> lines for a terminal, a pipe or an export; the rooms before know nothing of it."""
