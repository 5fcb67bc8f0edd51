"""`snakemake --lint`, which may report only the lints listed here."""

import re
import subprocess
import sys

# Lints that do not fit this workflow, and why.
ACCEPTED = {
    "Specify a conda environment or container for each rule.": (
        "one locked virtual environment, made by `make setup`, serves every rule"
    ),
    "Mixed rules and functions in same snakefile.": (
        "the plan of a job follows from its rule, so it stands beside it"
    ),
}


def main() -> int:
    """Print each lint that is not accepted; return 1 if there is any."""
    command = [sys.executable, "-m", "snakemake", "--lint"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = done.stdout + done.stderr
    # A lint stands behind a star, below a line that says where: "Lints for rule prune (...):".
    found = re.findall(r"^(Lints for .*)|^    \* (.*?):?$", report, flags=re.MULTILINE)
    if done.returncode and not found:
        print(report)
        return done.returncode
    refused, place = [], ""
    for heading, title in found:
        place = heading or place
        if title and title not in ACCEPTED:
            refused.append(f"{place} {title}")
    print("\n".join(refused) or "snakemake --lint: nothing but what is accepted, with its reason")
    return bool(refused)


if __name__ == "__main__":
    sys.exit(main())
