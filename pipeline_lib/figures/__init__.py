"""The figures: one module each, what is drawn (`data`) apart from how (`draw`)."""
