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
# # How big is a picture?
# A picture has a place for each of its pixels. Count the places.

# %%
import numpy as np

from course.kit import build, check


# %% task="area"
def area(height, width):
    """Pixels in a rectangle."""
    ### BEGIN SOLUTION hint: Multiply.
    return height * width
    ### END SOLUTION


# %% task="border"
def border(height, width):
    """Pixels around it."""
    ### BEGIN SOLUTION hint: Two rows and two columns, and a pixel at each of the four corners.
    return 2 * (height + width) + 4
    ### END SOLUTION


# %% check="sizes"
check(area, border)

# %%
x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


# %% task="total"
def total(x):
    """Sum of `x` (H, W), as a float times its area."""
    ### BEGIN SOLUTION
    H, W = x.shape
    return x.sum() * area(H, W)
    ### END SOLUTION


# %%
example_total = total(x)

# %% check="total"
check(total)

# %% [markdown]
# Which of the two grows faster?

# %% [markdown] question="growth" points=1
# ### BEGIN SOLUTION
# The area: it doubles twice when both sides double.
#
# **Mark scheme:** 1 for the area with a reason.
# ### END SOLUTION

# %% tags=["demo"]
print("border of 30 x 40:", border(30, 40))

# %%
build("geometry", area, border, total)
