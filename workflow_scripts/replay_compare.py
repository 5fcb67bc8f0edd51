"""Placeholder for a run."""

for path in snakemake.output:
    open(path, "w").write("x")
