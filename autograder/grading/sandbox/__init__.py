"""Where learner code runs: a process that can reach nothing that grading needs.

`WarmParent` starts them, `probe` says which layers of isolation this machine gives.
"""

from autograder.grading.sandbox.layers import LAYERS, Isolation, Probed, probe
from autograder.grading.sandbox.parent import Child, SandboxError, WarmParent

__all__ = [
    "LAYERS",
    "Child",
    "Isolation",
    "Probed",
    "SandboxError",
    "WarmParent",
    "probe",
]
