"""The channel between the process of the checks and that of the answers, and what it refuses."""

import copy
import gc
import importlib
import math
import pathlib
import socket
import struct
import threading
from collections import OrderedDict, namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import msgpack
import numpy as np
import pytest

from autograder.grading.sandbox.parent import CHILD

Pair = namedtuple("Pair", "out cache")
GAPS = np.arange(24.0).reshape(2, 3, 4)[:, ::-1, ::2]


@pytest.fixture(scope="module")
def child() -> Iterator[SimpleNamespace]:
    """The modules of the folder, as its processes import them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(CHILD.parent))
        names = ("bridge", "wire", "references", "values", "servers")
        modules = (importlib.import_module(f"child.{name}") for name in names)
        yield SimpleNamespace(**dict(zip(names, modules, strict=True)))


@pytest.fixture
def checks(child, tmp_path, monkeypatch) -> Iterator[Any]:
    """The end of the checks; the other one answers in a thread. `names` are the answers'."""
    places = [tmp_path / "checks", tmp_path / "answers"]
    ends = []
    for place, connection in zip(places, socket.socketpair(), strict=True):
        place.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(place))
        wire = child.wire.Wire(socket.socketpair()[0])
        is_checks = place.name == "checks"
        ends.append(child.bridge.Bridge(connection, wire, is_checks=is_checks))
    monkeypatch.setattr("tempfile.tempdir", str(places[0]))
    ours, theirs = ends
    ours.guard = child.references.refuse_to_expose
    ours.names = {}
    theirs.own["name"] = lambda name: ours.names[name]
    ours.call = lambda function, *values: (
        ours.names.update(it=function) or ours.ask("name", "it")(*values)
    )

    def serve() -> None:
        try:
            while True:
                theirs.answer(theirs.receive())
        except (OSError, child.bridge.Lost):  # the test is over, perhaps in a question
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield ours
    ours.connection.shutdown(socket.SHUT_RDWR)
    thread.join()


PLAIN = [
    *(None, True, 0, -(2**63), 2**200, 1.5, math.inf, 2 + 1j, "a\ud800é", b"\0"),
    *((), (1, (2, "x")), slice(1, None, 2), range(3), ..., frozenset({1}), {2}),
    *(np.float32(0.1), np.int64(-3), np.bool_(True), np.str_("ab"), np.complex64(1j)),
    *(np.dtype("<f4"), float, ValueError, np.float64, np.exp, pathlib.Path("a/b")),
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values_come_back_as_they_are(checks, value):
    got = checks.call(lambda x: (x, type(x).__name__), value)
    assert got == (value, type(value).__name__)
    assert type(got[0]) is type(value)


ARRAYS = {
    "whole": np.arange(6).reshape(2, 3),
    "fortran": np.asfortranarray(np.ones((2, 3), np.float32)),
    "gaps": GAPS,
    "none": np.zeros((0, 3)),
    "number": np.array(1.5),
    "text": np.array(["a", "bcd"]),
    "logical": np.array([True, False]),
    "big end": np.arange(3, dtype=">i2"),
    "spread": np.broadcast_to(np.arange(3.0), (2, 3)),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_keep_dtype_shape_and_whether_they_are_contiguous(checks, name):
    array = ARRAYS[name]

    def described(x: np.ndarray) -> tuple:
        flags = x.flags
        return x, x.dtype.str, x.shape, flags.c_contiguous, flags.f_contiguous

    got, *told = checks.call(described, array)
    flags = array.flags
    contiguous = flags.c_contiguous, flags.f_contiguous
    assert got is array
    if name != "spread":
        assert told == [array.dtype.str, array.shape, *contiguous]
    new = checks.call(lambda x: x.copy(order="K"), array)
    np.testing.assert_array_equal(new, array)


def test_what_is_changed_in_place_is_changed_on_the_other_side(checks):
    array, numbers, names = np.zeros(3), [1, [2]], {"a": np.ones(2)}
    rng, same = np.random.default_rng(0), np.random.default_rng(0)

    def change(array, numbers, names, rng):
        array[1] = 5
        numbers[1].append(3)
        names["a"] *= 2
        names["b"] = array
        return rng.random()

    assert checks.call(change, array, numbers, names, rng) == same.random()
    assert array.tolist() == [0, 5, 0] and numbers == [1, [2, 3]]
    assert names["a"].tolist() == [2, 2] and names["b"] is array
    assert rng.random() == same.random()


def test_what_the_check_changes_is_changed_in_the_answers_objects(checks):
    class Layer:
        def __init__(self):
            self.parameters = {"w": np.ones(2)}

        def total(self):
            return float(self.parameters["w"].sum())

    layer = checks.call(Layer)
    assert type(layer).__name__ == "Layer" and not callable(layer)
    layer.parameters["w"][...] = 4.0
    assert layer.total() == 8
    layer.extra = 1
    assert layer.extra == 1 and hasattr(layer, "total") and not hasattr(layer, "other")
    kind = checks.ask("name", "it")
    assert isinstance(layer, kind) and not isinstance(3, kind)


CHANGES = {
    "another number": "row[0] = 2",
    "another type": "row[0] = 1.5",
    "another array in its place": "row[1] = row[1] + 1",
    "a number in an array": "row[1][0] = 7",
    "deep inside": "row[2]['a'][0].append(5)",
    "a key for another": "row[2][len(row)] = row[2].popitem()[1]",
    "another tuple": "row[3] = tuple(list(row[3])[::-1])",
    "the other way round": "row.reverse()",
    "shorter": "row.pop()",
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_crosses_at_every_question(checks, name):
    def change(row, source):
        exec(source, {"row": row})  # noqa: S102 one of the lines above

    row = [1, np.zeros(2), {"a": [[3]]}, (1, 2), np.float64(1.0), None]
    for _ in range(2):
        checks.call(lambda row: None, row)
    wanted = copy.deepcopy(row)
    change(wanted, CHANGES[name])
    checks.call(change, row, CHANGES[name])
    assert repr(row) == repr(wanted)
    # and the other way: what is changed here is seen there
    change(row, CHANGES[name])
    change(wanted, CHANGES[name])
    assert checks.call(repr, row) == repr(wanted)


@pytest.mark.parametrize(
    "rows",
    [
        [[number, np.zeros(3), (1, 2)] for number in range(5)],
        [SimpleNamespace(a=1), {"b": SimpleNamespace(c=2)}, len, 4.0, "e"],
    ],
    ids=["lists", "objects that stay there"],
)
def test_what_stays_as_it_is_is_not_written_down_again(checks, monkeypatch, rows):
    exchange = importlib.import_module("child.exchange")
    assert checks.call(lambda row: [row, len(row)][1], rows) == 5
    written = []
    content = exchange.content
    monkeypatch.setattr(
        exchange, "content", lambda *args: written.append(args) or content(*args)
    )
    assert checks.call(len, rows) == 5
    assert not written


def test_many_calls_are_one_question(checks):
    checks.names["it"] = lambda a, b=0: (a, b)
    function = checks.ask("name", "it")
    calls = [((1, 2), {}), ((3,), {"b": 4}), ((5,), {})]
    assert type(function)._each_(function, calls) == [(1, 2), (3, 4), (5, 0)]


def test_other_kinds_of_lists_and_dicts_come_as_plain_ones(checks):
    made = checks.call(lambda: [Pair(1, 2), OrderedDict(a=1), np.array([1]) == [1]])
    assert made[:2] == [(1, 2), {"a": 1}]
    assert isinstance(made[0], tuple)
    assert [type(each) for each in made[1:]] == [dict, np.ndarray]


def test_a_named_tuple_comes_back_as_it_was(checks):
    """In the checks' process it is a tuple, which is what a check can ask for."""
    made = checks.call(lambda x: Pair(x, [x]), 3)
    assert made == (3, [3])
    made[1].append(4)
    assert checks.call(lambda pair: (type(pair) is Pair, pair.cache), made) == (
        True,
        [3, 4],
    )


def test_what_an_answer_may_do_with_a_checks_object(checks):
    thing = OfACheck()

    def use(f, thing):
        thing._seen = 5
        twin = copy.deepcopy(thing)
        twin.w[0] = 7
        return thing._seen, thing.w[0], twin.w[0], repr(thing), repr(f)

    *numbers, text, of_f = checks.call(use, len, thing)
    assert numbers == [5, 1, 7] and thing.w[0] == 1
    assert (text, of_f) == (
        "<OfACheck of a check>",
        "<builtin_function_or_method of a check>",
    )
    assert thing._hidden == 7919


def test_nothing_is_asked_but_of_what_a_check_has_handed_over(checks, child):
    """Not of a type that both sides have a name for, nor of an array."""
    for name in (
        "builtins.type",
        "builtins.memoryview",
        "numpy.ndarray",
        "numpy.memmap",
    ):
        assert name not in child.values.NAMED

    def ask(f, thing):
        return object.__getattribute__(f, "_far")[0]("__call__", thing)

    for thing in (int, np.zeros(2), [1]):
        with pytest.raises(child.bridge.Lost, match="no check has handed over"):
            checks.call(ask, len, thing)
        checks.lost = ""


def test_an_error_with_two_bases_is_both(checks):
    class Odd(IndexError, ValueError):
        pass

    def fail():
        raise Odd("x")

    for kind in (IndexError, ValueError, LookupError):
        with pytest.raises(kind, match="x"):
            checks.call(fail)


def test_a_thread_of_an_answer_may_call_a_check(checks):
    def use(f):
        with ThreadPoolExecutor(4) as pool:
            return sum(pool.map(f, range(20)))

    assert checks.call(use, lambda x: 2 * x) == 380


def test_generators_and_closures_stay_where_they_are(checks):
    assert list(checks.call(lambda n: (i * i for i in range(n)), 3)) == [0, 1, 4]
    add = checks.call(lambda a: lambda b: a + b, 3)
    assert add(4) == 7 and callable(add)


def test_a_matrix_is_no_array(checks):
    got = checks.call(lambda: np.ma.masked_array([1, 2], [0, 1]))
    assert not isinstance(got, np.ndarray)
    assert type(got).__name__ == "MaskedArray"


@pytest.mark.parametrize(
    ("error", "base"),
    [
        (ValueError("no"), ValueError),
        (KeyError("no"), KeyError),
        (np.linalg.LinAlgError("no"), ValueError),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "no"), UnicodeDecodeError),
        (KeyboardInterrupt("no"), KeyboardInterrupt),
        (SystemExit("no"), SystemExit),
        (StopIteration("no"), StopIteration),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_errors_come_as_the_class_that_they_derive_from(checks, error, base):
    def fail():
        raise error

    with pytest.raises(base) as caught:
        checks.call(fail)
    assert str(caught.value) == str(error)
    assert type(caught.value).__name__ == type(error).__name__


def test_an_error_of_a_check_comes_back_itself_and_its_text_does_not_cross(checks):
    texts = []

    def careless(function):
        try:
            function()
        except ValueError as error:
            texts.append(str(error))
            raise

    def fails():
        raise ValueError("hidden text")

    with pytest.raises(ValueError, match="hidden text"):
        checks.call(careless, fails)
    assert texts == [""]


def test_what_an_error_of_a_check_knows_of_is_forgotten(checks):
    """Else every network that a case has made would be compared at all later questions."""

    def of(layer):
        return len(layer.w), hasattr(layer, "training")

    for _ in range(50):
        layer = OfACheck()
        assert checks.call(of, layer) == (2, False)
    gc.collect()  # the answers' side may hold some in circles
    checks.call(of, layer)
    assert len(checks.exchange._mirrors) < 5


def test_an_error_of_a_check_that_an_answer_has_kept_is_one_of_its_own_later(checks):
    kept = []

    def careful(function):
        try:
            function()
        except ValueError as error:
            kept.append(error)

    def fails():
        raise ValueError("hidden text")

    def again():
        raise kept[0]

    checks.call(careful, fails)
    with pytest.raises(ValueError) as caught:
        checks.call(again)
    assert str(caught.value) == ""


class OfACheck:
    """A layer that a check has made."""

    __module__ = "__main__"
    factor = 2

    def __init__(self):
        self._hidden, self.w = 7919, np.ones(2)

    def forward(self, x):
        return self.factor * x


PROBES = [
    lambda f, thing: f.__globals__,
    lambda f, thing: f.__code__,
    lambda f, thing: f.__closure__,
    lambda f, thing: thing._hidden,
    lambda f, thing: thing.__class__.__init__.__globals__["wanted"],
    lambda f, thing: thing.forward.__func__,
    lambda f, thing: thing.forward.__self__,
    lambda f, thing: setattr(thing, "forward", abs),
    lambda f, thing: thing.__dict__["_hidden"],
]


@pytest.mark.parametrize("number", range(len(PROBES)))
def test_an_answer_can_only_call_what_a_check_hands_over(checks, number):
    thing = OfACheck()
    with pytest.raises((AttributeError, KeyError)):
        checks.call(PROBES[number], lambda x: x, thing)
    assert thing.forward(3) == 6


def test_an_answer_uses_what_is_public_of_a_checks_object(checks):
    thing = OfACheck()

    def use(thing):
        thing.w[0] = 5
        thing.note = "x"
        return thing.forward(thing.w), thing.factor

    out, factor = checks.call(use, thing)
    assert out.tolist() == [10, 2] and factor == 2
    assert thing.w.tolist() == [5, 1] and thing.note == "x"


def test_what_an_answer_has_changed_is_put_back_for_the_next_check(checks):
    given, numbers = np.arange(3.0), [1]

    def spoil(x, numbers):
        x[...] = 0
        numbers.clear()

    checks.call(spoil, given, numbers)
    assert given.tolist() == [0, 0, 0] and numbers == []
    checks.forget_all()
    assert given.tolist() == [0, 1, 2] and numbers == [1]


def test_things_that_nobody_holds_are_forgotten(checks):
    for _ in range(50):
        checks.call(lambda x: (x + 1, [x]), np.ones(3))
    checks.call(lambda: None)
    assert len(checks.exchange._mirrors) < 10
    assert len(checks.exchange._remotes) < 3


def test_files_in_a_temporary_folder_of_a_check_are_the_same_on_both_sides(
    checks, tmp_path
):
    def save(name):
        there = tmp_path / "answers" / "mine" / name
        there.write_text((there.parent / "in.txt").read_text() + "!")
        (there.parent / "link").symlink_to("/etc/passwd")

    folder = tmp_path / "checks" / "mine"
    folder.mkdir()
    (folder / "in.txt").write_text("hello")
    checks.call(save, "out.txt")
    assert (folder / "out.txt").read_text() == "hello!"
    assert sorted(path.name for path in folder.iterdir()) == ["in.txt", "out.txt"]


ANSWER, ERROR = 1, 2
NOTHING: list = [[], [], [], []]
ARRAY = ["array", "<f8", [2], "C", bytes(16), True]
HOSTILE: dict[str, Any] = {
    "no message": b"\xc1",
    "text": "x",
    "nothing": [],
    "too short": [ANSWER],
    "unknown kind": [9, [], [], [], [], [], None],
    "no value": [ANSWER, [], [], [], [], [], None],
    "two values": [ANSWER, [], [], [1, 2], [], [], None],
    "unknown tag": [ANSWER, [], [], [["pickle", b"x"]], [], [], None],
    "deep": [ANSWER, [], [], [["tuple", [["tuple", []]]]], [], [], None],
    "unknown name": [ANSWER, [], [], [["named", "os.system"]], [], [], None],
    "object dtype": [ANSWER, [], [], [["dtype", "|O"]], [], [], None],
    "fields": [ANSWER, [], [], [["dtype", "f8,f8"]], [], [], None],
    "text for nowhere": [ANSWER, [["__class__", "x"]], [], [1], [], [], None],
    "our key": [ANSWER, [], [], [["ref", 5, "x", None, []]], [], [], None],
    "no such key": [ANSWER, [], [], [["back", 99]], [], [], None],
    "key of a mirror that is none": [ANSWER, [], [], [["same", -9]], [], [], None],
    "special method": [ANSWER, [], [], [["ref", -5, "x", None, [99]]], [], [], None],
    "array too short": [ANSWER, [], [], [1], [[-1, [*ARRAY[:4], b"", True]]], [], None],
    "array too large": [
        *(ANSWER, [], [], [1]),
        *([[-1, ["array", "<f8", [2**40], "C", b"", True]]], [], None),
    ],
    "negative shape": [
        *(ANSWER, [], [], [1]),
        *([[-1, ["array", "<f8", [-1, -2], "C", bytes(16), True]]], [], None),
    ],
    "other shape": [
        ANSWER,
        [],
        [],
        [1],
        [[1, [*ARRAY[:2], [1, 2], *ARRAY[3:]]]],
        [],
        None,
    ],
    "other dtype": [ANSWER, [], [], [1], [[1, ["array", "<i8", *ARRAY[2:]]]], [], None],
    "list for an array": [ANSWER, [], [], [1], [[1, ["list", []]]], [], None],
    "class of os": [ANSWER, [], [], [1], [[-1, ["object", "os", "x", []]]], [], None],
    "class of the kit": [
        *(ANSWER, [], [], [1]),
        *([[-1, ["object", "course.kit.check", "CheckFailed", []]]], [], None),
    ],
    "file": [ANSWER, [], [["../x", b"x"]], [1], [], [], None],
    "absolute file": [ANSWER, [], [["/x", b"x"]], [1], [], [], None],
    "file of no folder": [ANSWER, [], [["x", b"x"]], [1], [], [], None],
    "error of the check": [ERROR, [], [], [], [], [], [["X"], "", [], 7]],
    "error without a name": [ERROR, [], [], [], [], [], [[5], "", [], None]],
    "error with frames": [ERROR, [], [], [], [], [], [["X"], "", [[1]], None]],
    "question about nothing": [0, "getattr", [], [["back", 3], "x", []], [], [], None],
    "unknown question": [0, "eval", [], ["1", ["tuple", []]], [], [], None],
}


def nested(depth: int) -> list:
    value: list = ["tuple", []]
    for _ in range(depth):
        value = ["tuple", [value]]
    return value


HOSTILE["deep"][3] = [nested(400)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_lie_ends_the_check_and_nothing_else(child, name, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ours, theirs = socket.socketpair()
    wire = child.wire.Wire(socket.socketpair()[0])
    bridge = child.bridge.Bridge(ours, wire, is_checks=True)
    bridge.guard = child.references.refuse_to_expose
    given = np.zeros(2)
    told = HOSTILE[name]
    data = told if isinstance(told, bytes) else msgpack.packb(told)
    theirs.sendall(struct.pack(">Q", len(data)) + data)
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(child.bridge.Lost):
        bridge.ask("anything", given)
    with pytest.raises(child.bridge.Lost):
        bridge.ask("again")
    assert bridge.lost
    assert given.shape == (2,) and given.dtype == float
    assert list(tmp_path.iterdir()) == []


def test_a_message_that_is_too_long_is_not_read(child, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ours, theirs = socket.socketpair()
    bridge = child.bridge.Bridge(
        ours, child.wire.Wire(socket.socketpair()[0]), is_checks=True
    )
    theirs.sendall(struct.pack(">Q", 2**40))
    with pytest.raises(child.bridge.Lost, match="bytes"):
        bridge.ask("anything")


def test_what_a_cell_reads_and_sets(child):
    source = (
        "%matplotlib inline\nimport numpy as np\nx[0] = a\nb.c.d += 1\n"
        "def f(p, q=z):\n    y = g(p)\n    return [i for i in y]\nclass K(Base): pass"
    )
    cell = child.servers.Given.of(source, True)
    assert {"a", "x", "b", "z", "g", "Base"} <= cell.reads
    assert not {"p", "y", "i", "q"} & cell.reads
    assert cell.sets == {"np", "f", "K", "x", "b"}
    assert child.servers.Given.of("1 +", True) is None
