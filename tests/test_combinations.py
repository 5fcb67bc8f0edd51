"""What a combination adds to the better of its parts."""

from dataclasses import replace

from pipeline_lib.reporting.findings import findings
from pipeline_lib.reporting.statistics_tables import combination_table
from tests.handmade import measured, results

LABELS = {"first": "First", "second": "Second", "both": "Both"}


def test_what_is_added_is_the_paired_difference_to_the_better_part():
    n = range(7)
    courses = {"first": 90.0, "second": 85.0, "both": 92.0}
    drops = {"first": 5.0, "second": 3.0, "both": 4.0}
    values = measured(
        {name: [[level + 0.1 * s, level + 0.1 * s] for s in n] for name, level in courses.items()},
        drops={name: [drop + (s % 2) / 10 for s in n] for name, drop in drops.items()},
    )
    study = replace(results(values, LABELS), combines={"both": ["first", "second"]})
    # The better part has the higher accuracy or the smaller drop.
    assert [row[:6] for block in combination_table(study).blocks for row in block] == [
        ["Combined stress", "Both", "First", "92.3", "90.3", "2.0"],
        ["Acute drop", "Both", "Second", "4.0", "3.0", "1.0"],
        ["Mean over cycles", "Both", "First", "92.3", "90.3", "2.0"],
        ["Final accuracy", "Both", "First", "92.3", "90.3", "2.0"],
    ]
    said = {finding.topic: finding.sentences for finding in findings(study)}
    combined, drop, *_ = said["What combinations add to the better of their parts"]
    assert combined.startswith("Combined stress: Both is 2.0 points (in each of 7 seeds; up to 41")
    assert combined.endswith("better than First (p = 0.016).")
    # A drop that is one point larger is one point worse.
    assert drop.startswith("Acute drop: Both is 1.0 points (in each of 7 seeds; up to 41")
    assert drop.endswith("worse than Second (p = 0.016).")
