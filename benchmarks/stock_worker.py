"""Stock nbgrader in a process of its own: reads lesson and learner, writes seconds.

Started by grading_lessons.py as `python stock_worker.py COURSE_FOLDER`. The first line it writes
is the seconds that it took to start, passed and of the processor; every other one those of one
`nbgrader autograde`, with the library imported and its settings read, as for the second
submission of a class and all that follow.
"""

import json
import logging
import os
import sys
import time


def clocks() -> tuple[float, float]:
    """Now, and seconds of the processor so far: of this process and those that have ended."""
    return time.perf_counter(), sum(os.times()[:4])


STARTED = clocks()


def main() -> None:
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = sys.argv[1]
    config.NbGrader.log_level = logging.CRITICAL
    api = NbGraderAPI(config=config)
    answers, sys.stdout = sys.stdout, sys.stderr

    def answer(since: tuple[float, float]) -> None:
        passed = [now - then for now, then in zip(clocks(), since)]
        print(json.dumps(passed), file=answers, flush=True)

    answer(STARTED)
    for line in sys.stdin:
        lesson, student = json.loads(line)
        started = clocks()
        # A notebook that cannot be graded is no success; the marks are compared afterwards.
        api.autograde(lesson, student, force=True)
        answer(started)


if __name__ == "__main__":
    main()
