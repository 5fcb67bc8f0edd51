"""Synaptic pruning, three recoveries and three stresses: the model of Cheung (2026).

Read in this order: task, network, pruning, regrowth, training, engines, treatments,
assessment, then metrics, statistics, tables and reproduction. Nothing here needs Snakemake.
"""
