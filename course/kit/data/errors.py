"""What can go wrong with data, said so that the reader can act on it."""

from course.kit.refusal import Refusal


class DataUnavailable(Refusal, OSError):
    """A file is neither in the cache folder nor to be had from the network."""


class WrongFormat(Refusal, ValueError):
    """A file is cut short, damaged or something else than its name says."""


class WrongInput(Refusal, ValueError):
    """A name that does not exist, or a number of images that there cannot be."""
