"""The parts of `course.kit.check`, which is the module to import."""
