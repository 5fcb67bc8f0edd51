# One file to share. This is a separate target from the study, which it brings up to date first.

if not STORED:

    # The archive is no output, because it must be written again whenever anything in it changes.
    rule archive:
        input:
            rules.all.input,
        log:
            log_of("archive"),
        params:
            archive=f"{RESULTS}.zip",
            study=in_results("study.yaml"),
            more=[
                *dict.fromkeys(each.task.points for each in CASES if each.task.points),
                *published("published", "runs").values(),
            ],
        message:
            f"write {RESULTS}.zip"
        script:
            "../workflow_scripts/archive.py"
