"""What an instructor runs: build lessons, release them, grade a class, report."""
