"""Everything a job needs besides its work: a log, progress, a clean end, its code's digest."""
