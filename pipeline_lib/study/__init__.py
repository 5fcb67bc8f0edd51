"""A study as data: its keys, their validation, and the part that each job reads."""
