"""Synaptic pruning, three recoveries and three stresses: the model of Cheung (2026).

Read `model` first, then `engines`, `steps`, `measures`, `analysis`, and `figures` and `reporting`.
Nothing here needs Snakemake.
"""
