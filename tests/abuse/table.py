"""Grade the class of abuse and print what became of each case: python tests/abuse/table.py"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from abused_class import CASES, abuse, strict_or_why

from autograder.grading.sandbox.child.processes import remove


def print_table(found: dict) -> None:
    """One line per case, and what the machine looks like afterwards."""
    print(f"{'case':16} {'what':38} {'mark':>5} {'status':13} {'seconds':>7}")
    for case in CASES:
        got = found["cases"].get(case.name)
        if got is None:
            continue
        is_right = (got["mark"], got["status"]) == (case.mark, case.status)
        text = f"{case.name:16} {case.what:38} {got['mark']:5g} {got['status']:13}"
        wanted = "" if is_right else f"  WANTED {case.mark:g} {case.status}"
        print(f"{text} {got['seconds']:7.2f}{wanted}")
    good = found["good"].values()
    right = sum(each["mark"] == 3 and each["status"] == "graded" for each in good)
    print(f"{right} of {len(good)} good submissions between them have their marks")
    for what in ("lost_rows", "changed_files", "processes"):
        print(f"{what}: {found[what] or 'none'}")
    print(f"{found['seconds']:.0f} s, isolation {found['isolation']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write what was found there as well")
    parser.add_argument("--folder", type=Path, help="keep the class there")
    parser.add_argument("--only", nargs="*", help="names of cases")
    parser.add_argument("--isolation", default=strict_or_why()[0])
    parser.add_argument("--executor", default="fast")
    options = parser.parse_args()
    cases = [c for c in CASES if not options.only or c.name in options.only]
    with tempfile.TemporaryDirectory(prefix="abuse-") as folder:
        found = abuse(
            options.folder or Path(folder),
            cases,
            options.isolation,
            executor=options.executor,
        )
        remove(Path(folder))  # shutil.rmtree recurses, and a case nests 1,400 folders
        Path(folder).mkdir()
    if options.json:
        options.json.write_text(json.dumps(found), encoding="utf-8")
    print_table(found)


if __name__ == "__main__":
    sys.exit(main())
