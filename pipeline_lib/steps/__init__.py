"""What changes a network: the steps that treatments are made of."""
