"""Feedback pages of notebooks that try to run or fetch something."""

import base64
import http.server
import re
import shutil
import subprocess
import threading
import time

import pytest
from nbformat.v4 import new_notebook, new_output
from small_class import (
    NAME,
    answered,
    cell_named,
    failure,
    make_checkout,
    shown,
    text,
)

from autograder.grading.classroom import open_gradebook
from autograder.grading.outcome import Outcome, Result, Status, TaskOutcome
from autograder.grading.record import record
from autograder.grading.register import register
from autograder.grading.sanitize import safe_html, sanitized
from autograder.lessons.versions import master
from autograder.reports import feedback as feedback_module
from autograder.reports import page as page_module
from autograder.reports.feedback import REDACTED, feedback, redact

RUN = "document.title='RAN';document.documentElement.setAttribute('data-ran','1')"
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
# {url} is a server that remembers what was fetched.
HOSTILE = {
    "script": f"<script>{RUN}</script>",
    "script from elsewhere": "<script src='{url}/script.js'></script>",
    "onerror": f'<img src="x" onerror="{RUN}">',
    "image from elsewhere": '<img src="{url}/image.png"><img srcset="{url}/set.png 1x">',
    "svg": f'<svg onload="{RUN}"><script>{RUN}</script><image href="{{url}}/svg.png"/></svg>',
    "frame": '<iframe src="{url}/frame"></iframe><iframe srcdoc="<script>parent.'
    f'{RUN}</script>"></iframe>',
    "object": '<object data="{url}/object"></object><embed src="{url}/embed">',
    "refresh": '<meta http-equiv="refresh" content="0;url={url}/refresh">',
    "base": '<base href="{url}/base/"><link rel="stylesheet" href="{url}/style.css">',
    "style": "<style>@import url({url}/import.css); body{{background:url({url}/back.png)}}"
    "</style>",
    "style attribute": "<p style=\"background:url('{url}/attribute.png')\">x</p>",
    "over the page": '<div style="position:fixed;inset:0">x</div>',
    "link": f'<a id="l" href="javascript:{RUN}">x</a> [y](javascript:{RUN})',
    "data": f'<a href="data:text/html,<script>{RUN}</script>">x</a>',
    "data frame": f'<iframe src="data:text/html,<script>top.{RUN}</script>"></iframe>',
    "form": '<form action="{url}/form"><input autofocus onfocus="'
    f'{RUN}"><button formaction="{{url}}/button">x</button></form>',
    "video": '<video src="{url}/video" autoplay poster="{url}/poster"></video>',
    "details": f'<details open ontoggle="{RUN}">x</details>',
    "mathjax": "$\\href{{javascript:"
    + RUN
    + "}}{{x}}$ $\\unicode{{<img src=x onerror="
    + RUN
    + ">}}$ $\\require{{html}}\\style{{background:url({url}/tex.png)}}{{x}}$",
    "mathjax marks": "<!-- Load mathjax --><script>" + RUN + "</script>"
    "<!-- End of mathjax configuration -->",
    "broken": f'<<img src=x onerror="{RUN}"//><svg/onload={RUN}><p title="</p><script>'
    f"{RUN}</script>",
    "mutation": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;'
    f'&lt;img src=1 onerror={RUN}&gt;">',
    "end of page": f"</div></body></html><script>{RUN}</script>",
}
OUTPUTS = {
    "application/javascript": RUN,
    "text/html": f"<script>{RUN}</script>",
    "image/svg+xml": f'<svg xmlns="http://www.w3.org/2000/svg" onload="{RUN}">'
    f'<script>{RUN}</script><image href="{{url}}/in.svg"/></svg>',
    "text/latex": "\\(\\href{{javascript:" + RUN + "}}{{x}}\\)",
    "text/markdown": f'<img src="{{url}}/markdown.png" onerror="{RUN}">',
    "image/png": f'x" onerror="{RUN}" src="{{url}}/png.png',
    "application/vnd.jupyter.widget-view+json": '{{"model_id": "x"}}',
    "text/vnd.mermaid": "graph TD; A[<img src=x onerror=" + RUN + ">]",
}


class Server:
    """Remembers the paths that are asked of it, on this machine only."""

    def __init__(self):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(404)
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


def own_text(source: str):
    """A cell that the student added: the text of the lesson is not on the page."""
    cell = text(source)
    cell["id"] = f"own-{cell['id']}"
    return cell


def hostile_class(folder, lesson, url: str, extra=()):
    """A class of one, whose notebook holds all of the above."""
    notebook = answered(master(lesson))
    for name, markup in HOSTILE.items():
        source = f"{name}\n\n{markup.replace('{{', '{').replace('}}', '}')}"
        notebook.cells.append(own_text(source.replace("{url}", url)))
    outputs = cell_named(notebook, "check_area").outputs = []
    size = {"width": f"1 onerror={RUN}", "height": f"1 onload={RUN}"}
    for kind, content in OUTPUTS.items():
        given = content.replace("{{", "{").replace("}}", "}").replace("{url}", url)
        outputs.append(new_output("display_data", {kind: given}))
    picture = new_output("display_data", {"image/png": PIXEL})
    picture.metadata = {"image/png": size}
    outputs.append(picture)
    for markup in HOSTILE.values():
        given = markup.replace("{{", "{").replace("}}", "}").replace("{url}", url)
        outputs.append(new_output("display_data", {"text/html": given}))
        outputs.append(shown(given))
    notebook.cells += list(extra)
    return one_class(folder, lesson, notebook)


def one_class(folder, lesson, notebook, outcome=None):
    from autograder.grading.classroom import Classroom

    room = Classroom(folder)
    room.submitted.mkdir(parents=True)
    with open_gradebook(room) as gradebook:
        register(room, gradebook, lesson, master(lesson))
        record(
            room, gradebook, outcome or Outcome("eve", NAME, Status.GRADED), notebook
        )
    return room


def browse(page, *, wait: float = 3) -> str:
    """The page's elements after a browser has shown it for a while."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        pytest.skip("needs chromium or chrome on the PATH")
    with_profile = page.parent / "profile"
    done = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            f"--user-data-dir={with_profile}",
            f"--virtual-time-budget={int(wait * 1000)}",
            "--dump-dom",
            page.as_uri(),
        ],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
    )
    assert "<html" in done.stdout, done.stderr[-2000:]
    return done.stdout


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def test_nothing_runs_and_nothing_is_fetched_in_a_browser(tmp_path, lesson, server):
    bait = tmp_path / "bait.html"
    bait.write_text(
        "<title>x</title>"
        + HOSTILE["script"]
        + HOSTILE["image from elsewhere"].replace("{url}", server.url),
        encoding="utf-8",
    )
    assert "data-ran" in browse(bait), "this test would not notice a script"
    assert "/image.png" in server.asked, "this test would not notice a request"
    server.asked.clear()
    room = hostile_class(tmp_path / "class", lesson, server.url)
    assert feedback(room.root).failed == ()
    seen = browse(room.feedback_page("eve", NAME))
    assert "over the page" in seen and "of 7 points" in seen
    assert "data-ran" not in seen.split(">", 3)[1] + seen.split(">", 3)[2]
    assert f"<title>{NAME}</title>" in seen
    assert server.asked == []


def test_nothing_runs_even_without_the_policy(tmp_path, lesson, server, monkeypatch):
    monkeypatch.setattr(feedback_module, "POLICY", "<!-- none -->")
    room = hostile_class(tmp_path / "class", lesson, server.url)
    assert feedback(room.root).failed == ()
    seen = browse(room.feedback_page("eve", NAME))
    assert f"<title>{NAME}</title>" in seen
    assert "data-ran=" not in re.match(r".*?<head", seen, re.DOTALL)[0]
    assert server.asked == []


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_of_it_is_left(name):
    clean = safe_html(HOSTILE[name])
    assert not re.search(
        r"<(script|style|iframe|svg|math|form|input|meta|base|link|object|embed|video)",
        clean,
    )
    assert not re.search(r"<[^>]*\s(on\w+|style|srcset|id)=", clean)
    assert not re.search(r"""(src|href)=["'](?!data:image|https?:|#)""", clean)
    assert "{url}" not in "".join(re.findall(r"<img[^>]*>", clean))


def test_honest_html_stays():
    table = "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>"
    assert safe_html(table) == table
    image = f'<img src="data:image/png;base64,{PIXEL}" width="30">'
    assert safe_html(image) == image
    code = '<div class="highlight"><pre><span class="kn">import</span></pre></div>'
    assert safe_html(code) == code
    assert 'class="modal"' not in safe_html('<b class="modal">x</b>')
    assert 'href="https://x.org"' in safe_html('<a href="https://x.org">x</a>')


def outputs_of(**data):
    notebook = new_notebook(cells=[text("x")])
    notebook.cells[0] = cell = type(notebook.cells[0])(cell_type="code", source="")
    kinds = {kind.replace("_", "/", 1): each for kind, each in data.items()}
    cell.outputs = [new_output("display_data", kinds)]
    return dict(sanitized(notebook).cells[0].outputs[0].data)


def test_a_drawing_becomes_an_image():
    made = outputs_of(**{"image_svg+xml": "<svg/>", "text_plain": "<Figure>"})
    packed = base64.b64encode(b"<svg/>").decode()
    assert made == {
        "text/html": f'<img alt="" src="data:image/svg+xml;base64,{packed}">',
        "text/plain": "<Figure>",
    }


def test_what_needs_a_script_falls_back():
    assert outputs_of(
        text_html="<script>plot()</script>", image_png=PIXEL, text_plain="p"
    ) == {"image/png": PIXEL, "text/plain": "p"}
    assert outputs_of(application_javascript="x()") == {
        "text/plain": "[an output that needs a script to be seen]"
    }
    assert outputs_of(image_png='x" onerror="y')["text/plain"].startswith("[an")


def test_a_huge_page_is_cut(tmp_path, lesson, monkeypatch):
    monkeypatch.setattr(page_module, "LARGEST_CONTENT", 300_000)
    extra = [own_text("z" * 40_000) for _ in range(50)]
    extra[0].attachments = {"a.png": {"image/png": "A" * 2_000_000}}
    room = hostile_class(tmp_path / "class", lesson, "http://127.0.0.1:9", extra)
    assert feedback(room.root).failed == ()
    page = room.feedback_page("eve", NAME).read_text(encoding="utf-8")
    assert len(page) < 2_000_000
    assert page.count("left out here") > 30
    assert "return height" in re.sub(r"<[^>]*>", "", page), "answers stay first"


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 9_000,
        "> " * 20_000,
        "* " * 20_000,
        "[" * 30_000,
        "`" * 30_000,
        "$" * 9_999,
    ],
    ids=["div", "quote", "list", "bracket", "tick", "dollar"],
)
def test_deep_markdown_costs_nobody_the_page(tmp_path, lesson, source):
    notebook = answered(master(lesson))
    notebook.cells.append(own_text(source))
    room = one_class(tmp_path / "class", lesson, notebook)
    started = time.process_time()
    assert feedback(room.root).failed == ()
    assert time.process_time() - started < 60


def test_a_page_gives_up_on_markdown_that_takes_too_long(tmp_path, lesson, monkeypatch):
    monkeypatch.setattr(page_module, "MARKDOWN_SECONDS", -1)
    room = one_class(tmp_path / "class", lesson, answered(master(lesson)))
    assert feedback(room.root).failed == ()
    page = room.feedback_page("eve", NAME).read_text(encoding="utf-8")
    assert "<pre>Why does the area grow" in page


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (Result.NOT_RUN, "the check did not run, because the notebook was stopped"),
        (Result.NO_ANSWER, "no answer"),
    ],
)
def test_what_became_of_a_check_is_said_in_words(tmp_path, lesson, result, said):
    tasks = (
        TaskOutcome("check_area", result),
        TaskOutcome("check_double", Result.PASSED),
    )
    outcome = Outcome("eve", NAME, Status.TIMEOUT, "", tasks=tasks)
    notebook = answered(master(lesson))
    cell_named(notebook, "check_area").outputs = [failure("NotRun", "")]
    room = one_class(tmp_path / "class", lesson, notebook)
    from autograder.grading.outcome import write_outcome

    write_outcome(room.outcome("eve", NAME), outcome)
    feedback(room.root)
    page = room.feedback_page("eve", NAME).read_text(encoding="utf-8")
    area = re.search(r"<tr class=.*?>area<.*?</tr>", page)[0]
    assert said in area
    assert "It did not run to its end: it took longer than the time limit" in page
    assert "all points" in re.search(r"<tr class=.*?>double<.*?</tr>", page)[0]


def test_the_instructor_can_see_hidden_tests_elsewhere(tmp_path, lesson):
    room = one_class(tmp_path / "class", lesson, answered(master(lesson)))
    summary = feedback(room.root, show_hidden_tests=True)
    page = room.root / "feedback_with_hidden_tests" / "eve" / NAME / f"{NAME}.html"
    assert "7919" in page.read_text(encoding="utf-8")
    assert summary.folder == room.root / "feedback_with_hidden_tests"
    assert not room.feedback.exists()
    feedback(room.root)
    assert "7919" not in room.feedback_page("eve", NAME).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "line",
    [
        "'x\\nassert area(secret_side, 1) == secret_side, \"one row\"\\ny'",
        '"assert area(secret_side, 1) == secret_side, \\"one row\\""',
        "<b>assert</b> area(secret_side, 1) == secret_side, &quot;one row&quot;",
        "&#115;ecret_side = 7919",
    ],
)
def test_quoted_and_marked_up_hidden_lines_are_redacted(lesson, line):
    check = cell_named(master(lesson), "check_area")
    check.outputs = [new_output("display_data", {"text/html": f"a\n{line}\nb"})]
    redact(new_notebook(cells=[check]))
    assert check.outputs[0].data["text/html"] == f"a\n{REDACTED}\nb"
