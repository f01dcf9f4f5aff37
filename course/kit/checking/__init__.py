"""The parts of `course.kit.check`: comparing, explaining, examples, gradients, warnings."""
