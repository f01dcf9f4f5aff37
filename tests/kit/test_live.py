"""What every interactive figure shares: the live one, and its picture."""

import re

import pytest
import traitlets

from course.kit import live
from course.kit.live import LiveFigure

WIDGET = "application/vnd.jupyter.widget-view+json"


class Line(LiveFigure):
    _esm = "export default {};"

    height = traitlets.Int(1)

    def draw(self, figure):
        figure.subplots().plot([0, self.height])

    def __repr__(self):
        return f'a "line" to {self.height}'


def test_two_things_are_displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(live, "display", lambda data, raw: shown.append(data))
    Line(height=3)._ipython_display_()
    figure, twin = shown
    assert WIDGET in figure and "text/html" not in figure
    assert WIDGET not in twin
    assert {each["text/plain"] for each in shown} == {'a "line" to 3'}


def test_without_scripts_the_twin_is_a_picture_with_a_text():
    page = re.sub(r"<script>.*</script>", "", Line().twin["text/html"], flags=re.DOTALL)
    assert 'alt="a &quot;line&quot; to 1"' in page
    assert 'src="data:image/png;base64,iVBOR' in page


def test_the_picture_is_of_the_present_state_and_sharp():
    line = Line()
    first = line.picture()
    line.height = 2
    assert line.picture() != first
    width = int.from_bytes(first[16:20], "big")
    assert width == pytest.approx(2 * 110 * live.style.WIDTH, rel=0.2)
    page = Line(height=1).twin["text/html"]
    assert f'width="{width // 2}"' in page


def test_a_figure_says_how_it_is_drawn():
    class Empty(LiveFigure):
        _esm = "export default {};"

    with pytest.raises(NotImplementedError):
        Empty().picture()
