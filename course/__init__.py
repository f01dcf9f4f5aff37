"""The package that you build, one module per lesson; `course.kit` is given."""

__version__ = "0.1.0"
