# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A tiny lesson
# Two tasks and a question: the smallest lesson that has everything.

# %%
import numpy as np

from course.kit import check


# %% nbgrader={"grade": false, "grade_id": "area", "locked": false, "schema_version": 3, "solution": true, "task": false}
def area(height, width):
    """Pixels in a rectangle."""
    ### BEGIN SOLUTION hint: Multiply.
    return height * width
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "border", "locked": false, "schema_version": 3, "solution": true, "task": false}
def border(height, width):
    """Pixels around it."""
    ### BEGIN SOLUTION hint: Two rows, two columns, four corners.
    return 2 * (height + width) + 4
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_sizes", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.equal("area of 3 x 5", area(3, 5), 15, mistakes={"the sides are added": 8})
check.equal(
    "border of 3 x 5", border(3, 5), 20, mistakes={"the corners are forgotten": 16}
)
### BEGIN HIDDEN TESTS
check.equal("area of 1 x 9", area(1, 9), 9)
check.equal("border of 7 x 2", border(7, 2), 22)
### END HIDDEN TESTS

# %%
x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


# %% nbgrader={"grade": false, "grade_id": "total", "locked": false, "schema_version": 3, "solution": true, "task": false}
def total(x):
    """Sum of `x` (H, W), as a float times its area."""
    ### BEGIN SOLUTION hint: Add everything.
    H, W = x.shape
    return x.sum() * area(H, W)
    ### END SOLUTION


# %%
example_total = total(x)

# %% nbgrader={"grade": true, "grade_id": "check_total", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.examples(total)
check.close("two rows", example_total, 126.0, mistakes={"the rows are averaged": 63.0})


### BEGIN HIDDEN TESTS
def _rows(x):
    return x[:1]


check.close("one row", total(_rows(x)), 18.0)
### END HIDDEN TESTS

# %% [markdown]
# Which of the two grows faster?

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_growth", "locked": false, "points": 1, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The area: it doubles twice when both sides double.
#
# **Mark scheme:** 1 for the area with a reason.
# ### END SOLUTION

# %% tags=["demo"]
print(border(30, 40))

# %%
from course.kit import build

build("geometry", area, border, total)
