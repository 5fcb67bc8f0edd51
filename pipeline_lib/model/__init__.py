"""The model itself: task, network, initialisation, pruning, regrowth, randomness."""
