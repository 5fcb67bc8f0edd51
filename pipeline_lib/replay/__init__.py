"""The published runs, repeated on their own random streams."""
