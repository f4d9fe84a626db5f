"""Pure functions from frames to frames: from the bytes of a file to the figures in it."""
