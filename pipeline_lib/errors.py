"""What goes wrong in a way that a user can mend, told in one sentence."""


class PipelineError(Exception):
    """Names the key or file at fault, what was found there and what is allowed."""
