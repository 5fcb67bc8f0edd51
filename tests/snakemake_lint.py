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
    """Print Snakemake's report and return 1 if it has a lint that is not accepted."""
    command = [sys.executable, "-m", "snakemake", "--lint"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = done.stdout + done.stderr
    # Behind a star; a line above says of which rule.
    found = set(re.findall(r"^    \* (.*?):?$", report, flags=re.MULTILINE))
    refused = found - ACCEPTED.keys() or (done.returncode and not found)
    print(report if refused else "snakemake --lint: nothing but what is accepted, with its reason")
    return int(bool(refused))


if __name__ == "__main__":
    sys.exit(main())
