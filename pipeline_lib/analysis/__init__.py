"""From measurements to numbers: statistics over seeds, and comparison with published ones.

Modules import `scipy` as a whole, which loads its parts when they are used. `scipy.stats` takes a
second, and figures and tables that only read what was computed do without it.
"""
