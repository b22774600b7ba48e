"""Pure tests: no server, no socket."""
