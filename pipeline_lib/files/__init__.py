"""The files of a study: networks and rows, written atomically and checked when they are read."""
