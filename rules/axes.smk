# What a study with axes makes of its numbers.

STUDY_LEVEL = []
