"""Measurements of speed, and comparisons of the engines."""
