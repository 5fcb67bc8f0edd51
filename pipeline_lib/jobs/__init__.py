"""What a job is: its log, its progress, its end, and the code that it ran."""
