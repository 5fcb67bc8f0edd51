"""From measurements to numbers: statistics over seeds, and comparison with published ones.

Modules import `scipy` as a whole, which loads its parts when they are used. `scipy.stats` takes a
second, and figures and tables that only read what was computed do without it.

The columns of the files that hold these numbers, and so the fields of the dataclasses of their
rows, are described in docs/data.md.
"""
