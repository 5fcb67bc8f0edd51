"""The orders of work of published runs, each a file with `replay` and `KERNELS`.

`replay(stream, study)` follows one published run on the random stream that begins with the seed
`stream`, and returns its numbers as rows of `single.Replayed`. The settings are the study's.
`KERNELS` is the arithmetic that the run was computed in (`replay.kernels`).
"""
