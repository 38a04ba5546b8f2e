"""What each command shows: its lines for a person, and its document for ``--json``."""
