"""The parts of `course.kit.build`: from live definitions to the text of a module."""
