"""Dagster definitions and the command line: they call the other packages and hold no logic of their own."""
