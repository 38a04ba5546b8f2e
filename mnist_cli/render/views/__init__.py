"""What the commands show: one module a view, each with `lines` and `as_json`."""
