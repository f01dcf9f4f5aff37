"""Commands as another Unix user, for tests that run as root."""

import stat
import sys
from pathlib import Path

STUDENT = "nobody"  # an account that every system has


def as_student() -> list[str]:
    """What runs a command as the other user, also where this Python lies in root's home."""
    places = [Path(sys.base_prefix), Path(sys.prefix)]
    ancestors = {above for place in places for above in place.parents}
    closed = [above for above in ancestors if not above.stat().st_mode & stat.S_IXOTH]
    become = ["setpriv", f"--reuid={STUDENT}", "--clear-groups", "--"]
    if not closed:
        return become
    walls = ["bwrap", "--dev-bind", "/", "/", "--cap-add", "ALL"]
    for above in sorted(closed):
        walls += ["--perms", "0755", "--tmpfs", str(above)]
    for place in places:
        walls += ["--ro-bind", str(place), str(place)]
    return [*walls, "--", *become]
