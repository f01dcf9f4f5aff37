"""The package that you build, one module per lesson; `course.kit` is given."""
