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
# # How much is in a block?

# %%
from course.geometry import area
from course.kit import build, check


# %% task="volume"
def volume(depth, height, width):
    """Numbers in a block of pictures."""
    ### BEGIN SOLUTION hint: One picture for each step of the depth.
    return depth * area(height, width)
    ### END SOLUTION


# %% check="volume" tags=["nbval-check-output"]
check(volume)

# %%
build("convolution", volume)
