"""What an instructor runs: build lessons, release them, grade a class, report."""

import sys
from typing import Any

# Else jsonschema builds a grammar of web addresses, which no notebook needs: 1.3 s.
_ABSENT: Any = None  # what stands there for a module that cannot be imported
sys.modules.setdefault("rfc3987_syntax", _ABSENT)
