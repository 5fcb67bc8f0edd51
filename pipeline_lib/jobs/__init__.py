"""Everything a job needs besides its work: a log, a stamp, a clean end, its code's digest."""
