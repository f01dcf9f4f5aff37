"""Runs inside the sandbox, where nothing else of the autograder can be seen."""
