"""The orders of work of published runs, each a file with `replay` and `KERNELS`.

`replay(run)` follows one published run on the random stream of a `single.SingleRun`, which keeps
its numbers. The settings are the study's. `KERNELS` is the arithmetic that the run was computed in
(`replay.kernels`).
"""
