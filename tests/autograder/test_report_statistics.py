"""Numbers about tasks: by hand, and those that are published for a well-known data set."""

import numpy as np
import pytest

from autograder.reports.tasks import alpha, correlation, extreme_group, statistics_of

# The five items of section 6 of the Law School Admission Test, 1,000 people (Bock and
# Lieberman, 1970): how many had each pattern, from 00000 to 11111.
LSAT = [3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15]
LSAT += [10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28, 298]


def test_the_law_school_test_has_its_published_numbers():
    patterns = [[int(bit) for bit in f"{at:05b}"] for at in range(32)]
    scores = np.repeat(np.array(patterns, float), LSAT, axis=0)
    found = statistics_of(scores, np.ones(5))
    assert found.n == 1000 and not found.are_few
    # descript(LSAT) of the R package ltm: proportions, point biserials without the item, alpha
    proportions = [0.924, 0.709, 0.553, 0.763, 0.870]
    biserials = [0.1128, 0.1532, 0.1728, 0.1444, 0.1216]
    assert [item.facility for item in found.items] == pytest.approx(proportions)
    assert [i.correlation for i in found.items] == pytest.approx(biserials, abs=1e-4)
    assert found.alpha == pytest.approx(0.2950, abs=1e-4)


def test_four_students_by_hand():
    # totals 6, 4, 2, 0; the groups of 27 percent are the first and the last student
    scores = np.array([[2, 1, 3], [2, 0, 2], [0, 1, 1], [0, 0, 0]], float)
    found = statistics_of(scores, np.array([2.0, 1.0, 4.0]))
    first, second, third = found.items
    assert (first.facility, second.facility, third.facility) == (0.5, 0.5, 6 / 16)
    assert (first.top, first.bottom, third.top, third.bottom) == (1, 0, 0.75, 0)
    assert third.difference == 0.75
    # second with the sum of the others, 5, 4, 1, 0: 2 of sqrt(1 * 17)
    assert second.correlation == pytest.approx(0.5 * (5 - 4 + 1 - 0) / np.sqrt(17))
    # variances 4/3, 1/3 and 5/3, of the totals 20/3
    assert found.alpha == pytest.approx(3 / 2 * (1 - (10 / 3) / (20 / 3)))
    assert found.are_few


def test_a_task_that_the_better_ones_fail_has_a_negative_correlation():
    scores = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 1]], float)
    assert statistics_of(scores, np.ones(3)).items[2].correlation == -1


def test_what_all_have_says_nothing_of_anybody():
    scores = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    found = statistics_of(scores, np.ones(2))
    assert [item.correlation for item in found.items] == [None, None]
    assert found.alpha is None and found.items[0].difference == 0
    assert correlation(np.ones(3), np.arange(3.0)) is None
    assert alpha(np.ones((1, 4))) is None


def test_who_is_level_at_the_border_shares_the_places():
    # 27 percent of 11 are 3: one student is above, four share the two places that are left
    totals = np.array([9, 5, 5, 5, 5, 4, 4, 3, 2, 1, 0], float)
    weights = extreme_group(totals)
    assert weights * 3 == pytest.approx([1, 0.5, 0.5, 0.5, 0.5, *[0] * 6])
    order = np.random.default_rng(0).permutation(11)
    assert extreme_group(totals[order]) == pytest.approx(weights[order])


def test_one_student_is_both_groups():
    (item,) = statistics_of(np.array([[3.0]]), np.array([4.0])).items
    assert (item.top, item.bottom, item.correlation) == (0.75, 0.75, None)
    with pytest.raises(ValueError, match="no student"):
        statistics_of(np.empty((0, 2)), np.ones(2))
