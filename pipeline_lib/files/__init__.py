"""The files of a study: networks and rows, written whole, checked when they are read."""
