"""The measurements, each a function from a network to rows: evaluate, acute, relapse."""
