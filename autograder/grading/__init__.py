"""Submissions become marks: prepare, execute, record."""
