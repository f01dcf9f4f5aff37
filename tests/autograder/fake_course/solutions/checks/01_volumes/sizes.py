"""Area and border of a rectangle."""

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2


def cases(t, area, border):
    t.case("area of 3 x 5", area(3, 5), 15)
    t.case("border of 3 x 5", border(3, 5), 20)


def hidden(t, area, border):
    t.case("area of 1 x 9", area(1, 9), 9)
    t.case("border of 7 x 2", border(7, 2), 22)


@right("a product")
def area__product(height, width):
    return width * height


@right("counting")
def area__counting(height, width):
    pixels = 0
    for _ in range(height):
        pixels += width
    return pixels


@wrong("the sides are added")
def area__added(height, width):
    return height + width


@right("area of the frame")
def border__frame(height, width):
    return area(height + 2, width + 2) - area(height, width)


right("without brackets", "2 * (height + width)", "2 * height + 2 * width", of="border")


@wrong("the corners are forgotten")
def border__corners(height, width):
    return 2 * (height + width)


@wrong("area plus four", named=False)
def border__area(height, width):
    return area(height, width) + 4
