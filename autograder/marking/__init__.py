"""The page on which people mark written answers: `autograder mark`."""
