"""What a network is before any treatment; treatments bear other names."""

HEALTHY, UNTREATED = STATES = ("healthy", "untreated")
LABELS = {HEALTHY: "Healthy", UNTREATED: "Untreated"}  # for readers
