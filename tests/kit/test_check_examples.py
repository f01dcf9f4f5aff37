"""check.examples and check.example: stored examples are run, compared and explained."""

import json

import numpy as np
import pytest

from course.kit import check
from course.kit.checking import stored
from course.kit.refusal import Refusal

X = [[1, 2, 3], [4, 5, 6]]
Y = [[2, 2], [7, 1], [0, 3]]


def array(values, dtype="float64", **more) -> dict:
    values = np.array(values, dtype)
    flat = values.ravel().tolist()
    return {"shape": list(values.shape), "dtype": dtype, "values": flat, **more}


def scaled(case, x, factor, dtype="float64", layout="contiguous") -> dict:
    """One example of a function that multiplies x with a factor and adds 1."""
    x = np.array(x, dtype)
    want = x * factor + 1
    mistakes = {"the + 1 is forgotten": want - 1, "only 1 is added": x + 1}
    return {
        "case": case,
        "arrays": {"x": array(x, dtype, layout=layout)},
        "options": {"factor": factor},
        "want": [array(want, dtype)],
        "mistakes": {
            phrase: [[array(wrong, dtype)]]
            for phrase, wrong in mistakes.items()
            if (wrong != want).any()
        },
    }


def entry(outputs, *examples) -> dict:
    return {"inputs": ["x"], "outputs": list(outputs), "examples": list(examples)}


FUNCTIONS = {
    "scale": entry(
        ["out"],
        scaled("tiny", [[1]], 1),
        scaled("as tall as wide", [[1, 2], [3, 4]], 2),
        scaled("with gaps", X, 3, layout="strided"),
        scaled("single precision", Y, 3, "float32"),
    ),
    "count": entry(
        ["n"],
        {
            "case": "six",
            "arrays": {"x": array(X)},
            "options": {},
            "want": [array(6, "int64")],
            "mistakes": {"only the rows are counted": [[array(2, "int64")]]},
        },
    ),
    "both": entry(
        ["total", "doubled"],
        {
            "case": "two results",
            "arrays": {"x": array(X)},
            "want": [array(21.0), array(np.array(X) * 2)],
            "mistakes": {"nothing is doubled": [[array(21.0), array(X)]]},
        },
    ),
    "empty": entry(["out"]),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    document = {"made_by": "a test", "functions": FUNCTIONS}
    text = json.dumps(document)
    (tmp_path / "one.json").write_text(text, encoding="utf-8", newline="\n")
    (tmp_path / "another.json").write_text('{"functions": {}}', encoding="utf-8")
    monkeypatch.setattr(stored, "FOLDER", tmp_path)
    return tmp_path


def named(name):
    """Give the function below the name of a stored one."""

    def rename(function):
        function.__name__ = function.__qualname__ = name
        return function

    return rename


def failure(function, call=None) -> check.CheckFailed:
    with pytest.raises(check.CheckFailed) as caught:
        check.examples(function, call)
    return caught.value


def scale(x, factor):
    return x * factor + x.dtype.type(1)


def test_a_right_function_passes_with_one_line(capsys):
    assert check.examples(scale) is None
    printed = capsys.readouterr()
    assert printed.out == (
        "ok   scale: 4 examples (tiny; as tall as wide; with gaps; single precision)\n"
    )
    assert printed.err == ""


def test_of_a_pair_the_output_is_taken():
    @named("scale")
    def with_cache(x, factor):
        return scale(x, factor), (x, factor)

    @named("scale")
    def three(x, factor):
        return scale(x, factor), x, factor

    check.examples(with_cache)
    assert "a tuple" in str(failure(three))


def test_call_says_how_the_function_is_called():
    @named("scale")
    def pair(x):
        return None, x

    check.examples(pair, lambda f, x, factor: scale(f(x)[1], factor))
    assert "a tuple" in str(failure(pair, lambda f, x, factor: f(x)))


def test_arrays_come_fresh_in_the_stated_dtype_and_layout():
    seen = []

    @named("scale")
    def spy(x, factor):
        seen.append(x)
        return scale(x, factor)

    check.examples(spy)
    check.examples(spy)
    assert len({id(x) for x in seen}) == 8
    assert [x.dtype.name for x in seen[:4]] == ["float64"] * 3 + ["float32"]
    assert seen[0].flags.c_contiguous
    assert not seen[2].flags.contiguous
    assert seen[2].tolist() == X
    assert np.isnan(seen[2].base[:, 1::2]).all()


def test_the_first_failure_is_explained():
    @named("scale")
    def forgets(x, factor):
        return x * factor

    assert str(failure(forgets)).splitlines() == [
        "scale, tiny: wrong values",
        "  first wrong index  [0, 0]",
        "  got     1.0",
        "  wanted  2.0",
        "  It looks as if the + 1 is forgotten.",
        "  To look at example 0:",
        '      example = check.example("scale", 0)',
    ]


def test_right_examples_before_it_are_counted():
    @named("scale")
    def only_square(x, factor):
        return scale(x, factor) if len(x) == len(x.T) else x * 7

    text = str(failure(only_square))
    assert "scale, with gaps: wrong values" in text
    assert "Examples 0 to 1 are right. To look at example 2:" in text


def test_of_two_mistakes_the_one_is_named_that_fits_the_other_examples_too():
    same = [[array([[9.0]])]]
    first = {**scaled("tiny", [[1]], 1), "mistakes": {"a is so": same, "b is so": same}}
    second = scaled("larger", X, 2)
    second["mistakes"] = {
        "a is so": [[array(np.zeros((2, 3)))]],
        "b is so": [[array(np.full((2, 3), 9.0))]],
    }
    write_functions({"scale": entry(["out"], first, second)})

    @named("scale")
    def nine(x, factor):
        return np.full(x.shape, 9.0)

    text = str(failure(nine))
    assert "scale, tiny: wrong values" in text
    assert "as if b is so." in text


def write_functions(functions):
    path = stored.FOLDER / "other.json"
    path.write_text(json.dumps({"functions": functions}), encoding="utf-8")
    (stored.FOLDER / "one.json").unlink()


def test_a_mistake_that_raises_first_is_named_by_a_later_example():
    tiny = {**scaled("tiny", [[1]], 1), "mistakes": {}}
    later = scaled("as tall as wide", [[1, 2], [3, 4]], 2)
    write_functions({"scale": entry(["out"], tiny, later)})

    @named("scale")
    def only_square(x, factor):
        if x.shape == (1, 1):
            raise IndexError("too small")
        return x * x.dtype.type(factor)

    text = " ".join(str(failure(only_square)).split())
    assert "scale, tiny: an error instead of a result" in text
    assert "scale raised IndexError: too small" in text
    assert "In example 1 (as tall as wide): it looks as if" in text
    assert "as if the + 1 is forgotten." in text


def test_an_input_that_was_changed_is_told():
    @named("scale")
    def greedy(x, factor):
        x *= factor
        x += 1
        return x

    # Of the tiny example it changes 1 to 2.
    assert str(failure(greedy)).splitlines()[:2] == [
        "scale, tiny: x was changed in place",
        "  The caller still needs x: work on a copy, x.copy().",
    ]


def test_float32_that_turns_float64_is_told():
    @named("scale")
    def wide(x, factor):
        return x.astype(np.float64) * factor + 1

    text = str(failure(wide))
    assert "scale, single precision: wrong dtype" in text
    assert "float32 went in, float64 came out" in text


def test_an_error_is_told_with_the_learners_line_and_is_chained():
    @named("scale")
    def broken(x, factor):
        return x.reshape(7, -1)

    error = failure(broken)
    text = str(error)
    assert text.startswith("scale, tiny: an error instead of a result\n")
    assert "scale raised ValueError: cannot reshape array" in text
    assert "test_check_examples.py, line " in text
    assert "      return x.reshape(7, -1)" in text
    assert isinstance(error.__cause__, ValueError)


def test_renamed_arguments_are_explained():
    @named("scale")
    def renamed(image, factor):
        return image

    assert "It is called with x, factor, by name" in str(failure(renamed))


def test_a_function_that_is_not_written_says_so():
    @named("scale")
    def stub(x, factor):
        raise NotImplementedError("scale is yours to write. Hint: multiply.")

    error = failure(stub)
    assert isinstance(error, check.NotWrittenYet)
    assert str(error).splitlines() == [
        "scale: not written yet",
        "  scale is yours to write. Hint: multiply.",
    ]


def test_a_number_must_be_a_number_of_its_kind():
    @named("count")
    def count(x):
        return x.size

    @named("count")
    def halves(x):
        return x.size / 1

    @named("count")
    def rows(x):
        return len(x)

    check.examples(count)
    assert "use // instead of /" in str(failure(halves))
    assert "only the rows are counted" in str(failure(rows))


def test_several_results_are_compared_one_by_one():
    @named("both")
    def both(x):
        return x.sum(), 2 * x

    @named("both")
    def listed(x):
        return [x.sum(), 2 * x]

    @named("both")
    def second_wrong(x):
        return x.sum(), x.copy()

    @named("both")
    def alone(x):
        return x.sum()

    check.examples(both)
    check.examples(listed)
    text = str(failure(second_wrong))
    assert "both, two results, doubled: wrong values" in text
    assert "as if nothing is doubled." in text
    text = str(failure(alone))
    assert "wrong number of results" in text
    assert "wanted  2 results: total, doubled" in text


def test_what_the_function_prints_is_printed_once_per_example_that_is_reported(capsys):
    @named("scale")
    def chatty(x, factor):
        print("called")
        return x

    failure(chatty)
    assert capsys.readouterr().out == "called\n"


def test_looking_on_ends_in_time_even_if_the_function_does_not(monkeypatch):
    monkeypatch.setattr("course.kit.checking.run_examples.LOOK_ON_FOR", 0.2)

    @named("scale")
    def endless(x, factor):
        while x.size > 1:
            x = x + 0
        return x * factor

    assert "as if the + 1 is forgotten" in str(failure(endless))


def test_system_exit_is_reported_and_an_interrupt_passes():
    @named("scale")
    def leaving(x, factor):
        raise SystemExit(0)

    @named("scale")
    def interrupted(x, factor):
        raise KeyboardInterrupt

    assert "scale raised SystemExit: 0" in str(failure(leaving))
    with pytest.raises(KeyboardInterrupt):
        check.examples(interrupted)


def test_an_example_to_play_with():
    example = stored.example("scale", 2)
    assert example.case == "with gaps"
    assert example.options == {"factor": 3}
    assert (scale(**example.arrays, **example.options) == example.want).all()
    assert "an array of shape (2, 3), float64" in repr(example)
    example.arrays["x"][:] = 0
    assert stored.example("scale", 2).arrays["x"].tolist() == X
    assert len(stored.example("both", 0).want) == 2


@pytest.mark.parametrize(
    ("name", "index", "says"),
    [
        ("scal", 0, "did you mean 'scale'"),
        ("zzz", 0, "there are for both, count, empty, scale"),
        ("empty", 0, "no stored examples for 'empty'"),
        ("scale", 4, "take one from 0 to 3"),
        ("scale", -1, "take one from 0 to 3"),
        ("scale", "tiny", "take one from 0 to 3"),
    ],
)
def test_what_is_not_stored_is_refused(name, index, says):
    with pytest.raises(Refusal, match=says):
        stored.example(name, index)


def test_a_function_without_examples_never_passes():
    for name in ("empty", "unknown"):
        with pytest.raises(Refusal, match="no stored examples"):
            check.examples(named(name)(lambda x: x))


def test_a_damaged_file_is_refused(folder):
    (folder / "another.json").write_text("{", encoding="utf-8")
    with pytest.raises(Refusal, match="cannot be read"):
        stored.example("scale", 0)


def test_the_name_is_the_one_that_it_has_where_the_check_stands(capsys):
    def wrapper(*arguments, **options):
        return scale(*arguments, **options)

    for function in (wrapper, lambda x, factor: scale(x, factor)):
        names = {"check": check, "mine": function, "scale": function}
        exec("check.examples(scale)", names)  # noqa: S102
        assert capsys.readouterr().out.startswith("ok   scale: 4 examples")


def test_nobody_passes_by_the_name_of_an_easier_function():
    names = {"check": check, "scale": named("count")(lambda x: 6)}

    with pytest.raises(check.CheckFailed, match="scale, tiny"):
        exec("check.examples(scale)", names)  # noqa: S102


def test_nobody_can_change_the_examples_that_are_kept():
    for functions in stored.read_all():
        with pytest.raises(TypeError):
            functions["scale"] = functions
        for each in functions.values():
            assert all(type(example) is str for example in each.examples)
            assert type(each.examples) is type(each.outputs) is tuple
