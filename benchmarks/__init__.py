"""What the project's speed and results are measured against."""
