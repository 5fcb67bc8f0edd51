"""From measurements to numbers: statistics over seeds, and comparison with published ones."""
