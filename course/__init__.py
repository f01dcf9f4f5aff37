"""The package that you build, one module per lesson; `course.kit` is given.

On a hub all share one `course` that nobody can write to. There your modules are in a folder of
your own, which is looked at first: the one that the variable COURSE_HOME names, else ~/course.
"""

import os


def _own_folder() -> list[str]:
    """Where your modules are if not here; none while nbgrader grades, which brings its own."""
    named = os.environ.get("COURSE_HOME", "")
    is_shared = named or not os.access(__path__[0], os.W_OK)
    if os.environ.get("NBGRADER_EXECUTION") == "autograde" or not is_shared:
        return []
    return [os.path.abspath(os.path.expanduser(named or "~/course"))]


__path__[:0] = _own_folder()
