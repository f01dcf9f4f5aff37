"""What is said of a case that ends in an error."""

from course.kit.checking import documents
from course.kit.checking.run_cases import run_cases

SOURCE = """
def begin(function):
    return function("1")

def cases(t, double):
    t.case("by the check's own function", t.call(begin, double), 2)
    t.case("called at once", double("1"), 2)
"""


def double(x):
    return 2 * int(x)


def ending(double):
    document = {
        "functions": ["double"],
        "parameters": {"double": ["x"]},
        "source": SOURCE.split("\n"),
        "stored": {},
    }
    task = documents.read(document, "double")
    report = run_cases(task, {"double": double})
    return None if report.failure is None else (report.index, report.failure)


def test_an_answer_without_errors_passes():
    assert ending(double) is None


def test_an_error_in_a_call_is_told_with_the_function():
    calls = []

    def fails_later(x):
        calls.append(x)
        return 2 if len(calls) == 1 else {}["gone"]

    index, failure = ending(fails_later)
    assert index == 1
    assert "double raised KeyError" in failure.lines[0]


def test_an_error_below_a_function_of_the_check_is_told_of_the_answer():
    index, failure = ending(lambda x: {}["gone"])
    assert index == 0
    assert "your code raised KeyError" in failure.lines[0]
    assert "begin" not in failure.lines[0]
