"""Errors that a user can fix."""


class PipelineError(Exception):
    """One sentence: the key or file at fault, what was found there, and what is allowed."""
