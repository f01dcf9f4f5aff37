"""What an instructor runs: build lessons, release them, grade a class, report."""

import sys
from typing import Any

# Before anything imports nbformat: else jsonschema builds a grammar of web addresses, which no
# notebook needs, for 1.3 s of each command and of each process that grading starts.
_absent: Any = None  # what stands there for a module that cannot be imported
sys.modules.setdefault("rfc3987_syntax", _absent)
