"""A study as data: every key, its validation, and what each job reads of it."""
