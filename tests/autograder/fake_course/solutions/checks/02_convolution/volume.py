"""Area times depth."""

POINTS = 1


def cases(t, volume):
    t.case("2 x 3 x 4", volume(2, 3, 4), 24)
