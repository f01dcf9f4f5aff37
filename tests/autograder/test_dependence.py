"""Which contract functions stand behind a cell's names."""

from nbformat.v4 import new_code_cell, new_notebook

from autograder.lessons.dependence import binds, needed_before, reached, reads, taken

CODE = """
import numpy as np
def outer(x, w):
    y = [zero_pad(v) for v in x]
    neuron = 3
    def inner():
        return neuron + output_size(np.pi)
    return inner
t = outer(1)
class Layer:
    size = conv
    def forward(self):
        return depth_slice(self.size)
"""


def solution(name: str, source: str = "") -> dict:
    marks = {"grade_id": name, "solution": True, "grade": False}
    return new_code_cell(
        source or f"def {name}(x): return x", metadata={"nbgrader": marks}
    )


def check(name: str, source: str) -> dict:
    marks = {"grade_id": name, "solution": False, "grade": True}
    return new_code_cell(source, metadata={"nbgrader": marks})


def test_reads_finds_globals_in_functions_and_classes_but_no_locals():
    names = reads(CODE)
    assert {"zero_pad", "output_size", "depth_slice", "conv", "np"} <= names
    assert not {"x", "w", "v", "y", "neuron", "self"} & names


def test_taken_leaves_out_what_the_code_makes_itself():
    assert "outer" in reads(CODE)
    assert not {"outer", "np", "t"} & taken(CODE)


def test_binds_finds_what_stays_and_magics_do_not_matter():
    cell = "%matplotlib inline\nfrom a import b as c\nx[3] = 5\nfor i in z: w = 1"
    assert binds(cell) == {"c", "i", "w"}
    assert binds(CODE) == {"np", "outer", "t", "Layer"}


def test_a_function_is_reached_through_what_a_plain_cell_computed():
    notebook = new_notebook(
        cells=[
            solution("area"),
            solution("border"),
            new_code_cell("import numpy as np\nimage = np.ones(3)"),
            new_code_cell("wide = area(image)\nnarrow = wide - 1"),
            new_code_cell("shown = border(image)", metadata={"tags": ["demo"]}),
        ]
    )
    assert reached({"narrow"}, notebook, 5) == {"area"}
    assert reached({"narrow"}, notebook, 3) == set()
    assert reached({"image", "np"}, notebook, 5) == set()
    assert reached({"shown"}, notebook, 5) == set()
    assert reached({"border", "image"}, notebook, 5) == {"border"}


def test_a_check_that_names_its_own_variables_reaches_no_other():
    notebook = new_notebook(
        cells=[
            solution("area"),
            check("check_area", "x = area(2)\nassert x"),
            solution("border"),
            check("check_border", "x = 3\nassert border(x)"),
        ]
    )
    names = taken(notebook.cells[3].source)
    assert reached(names, notebook, 3) == {"border"}


def test_only_cells_that_a_check_needs_run_before_it():
    notebook = new_notebook(
        cells=[
            new_code_cell("import math"),
            solution("area"),
            check("check_area", "assert area(1)\nside = 3"),
            solution("border", "def border(x): return area(x)"),
            new_code_cell("import figures", metadata={"tags": ["demo"]}),
            solution("total"),
            check("check_border", "assert border(1)"),
            check("check_total", "assert total(side)"),
        ]
    )
    assert needed_before(notebook, 6) == [0, 1, 3]
    assert needed_before(notebook, 7) == [0, 1, 2, 5]
