"""A submission that tries by every known way to run a script where it is shown."""

import json
import sys
from pathlib import Path

from nbformat import NotebookNode

sys.path.append(str(Path(__file__).parents[1] / "autograder"))

from small_class import answered, code, release, text

from autograder.lessons import Lesson

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
TABLE = '<table border="1" class="dataframe"><tbody><tr><th>0</th><td>4711</td></tr></tbody></table>'
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"><circle r="5"/></svg>'
)
# What a script does: sets a title, writes a file, gives all marks. NAME says which one ran.
RUN = (
    "(function(n){document.title='RAN';var k=document.cookie.match(/_xsrf=([^;]*)/)[1];"
    "fetch('/api/contents/ran-'+n+'.txt',{method:'PUT',headers:{'X-XSRFToken':k},"
    "body:JSON.stringify({type:'file',format:'text',content:n})})})('NAME')"
)
TAG = f"<script>{RUN}</script>"
HTML = {
    "script": TAG,
    "script-in-capitals": f"<ScRiPt >{RUN}</sCrIpT >",
    "onerror": f'<img src="x" onerror="{RUN}">',
    "onerror-as-entities": '<img src=x onerror="'
    + "".join(f"&#{ord(sign)};" for sign in RUN)
    + '">',
    "svg-onload": f'<svg onload="{RUN}"></svg>',
    "svg-script": f"<svg><script>{RUN}</script></svg>",
    "svg-animate": f'<svg><animate attributeName="x" dur="1s" onbegin="{RUN}"/></svg>',
    "srcdoc": f'<iframe srcdoc="{TAG.replace("document.", "parent.document.")}"></iframe>',
    "frame-javascript": f'<iframe src="javascript:parent.{RUN}"></iframe>',
    "frame-data": f'<iframe src="data:text/html,{TAG}"></iframe>',
    "object": f'<object data="javascript:{RUN}"></object>',
    "embed": f'<embed src="javascript:{RUN}">',
    "link": f'<a href="javascript:{RUN}">link</a>',
    "link-as-entities": f'<a href="java&#10;script&colon;{RUN}">link</a>',
    "refresh": '<meta http-equiv="refresh" content="0;url=/ran">',
    "base": '<base href="/ran/">',
    "form": f'<form action="javascript:{RUN}"><input type="submit" autofocus onfocus="{RUN}">',
    "style": '<style>body{display:none}</style><p style="position:fixed;inset:0">x</p>',
    "details": f'<details open ontoggle="{RUN}">x</details>',
    "video": f'<video autoplay onloadstart="{RUN}"><source src="x"></video>',
    "marquee": f'<marquee onstart="{RUN}">x</marquee>',
    "tooltip": f"<b class='tabbable' data-toggle='tooltip' data-html='true' title='<img src=x onerror={RUN!r}>'>x</b>",
    "mutation": f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RUN}&gt;">',
    "formula": f"$\\href{{javascript:{RUN}}}{{x}}$ $\\hr<wbr>ef{{javascript:{RUN}}}{{x}}$",
}
MARKDOWN = {
    "md-link": f"[link](javascript:{RUN})",
    "md-link-as-entities": f"[link](&#106;avascript&colon;{RUN})",
    "md-reference": f"[link]\n\n[link]:\n  <javascript:{RUN}>",
    "md-autolink": f"<javascript:{RUN}>",
    "md-image": "![x](/ran.png)",
    "md-formula": f"$\\href{{javascript:{RUN}}}{{x}}$ and \\\\(\\hr&#101;f{{javascript:{RUN}}}{{x}}\\\\)",
    "md-formula-macro": f"$\\let\\a=\\href\\a{{javascript:{RUN}}}{{x}}$",
}
MIMES = {
    "application/javascript": RUN,
    "image/svg+xml": f'<svg xmlns="http://www.w3.org/2000/svg" onload="{RUN}">{TAG}</svg>',
    "text/latex": f"$\\href{{javascript:{RUN}}}{{x}}$",
    "application/vnd.jupyter.widget-view+json": {"model_id": f"</script>{TAG}"},
    "text/vnd.mermaid": f"graph TD; A[<img src=x onerror={RUN}>]",
    "image/png": f'x" onerror="{RUN}',
    "application/pdf": "JVBERi0=",
}


def hostile_work(lesson: Lesson) -> NotebookNode:
    """All of it in one notebook: as outputs, as markdown outputs, as text cells, as an answer."""
    cells = []
    displays = []
    for name, markup in {**HTML, **MARKDOWN}.items():
        cells.append(text(f"{name}\n\n{_named(markup, f'cell-{name}')}"))
        displays.append({"text/markdown": _named(markup, f"markdown-{name}")})
    for name, markup in HTML.items():
        displays.append({"text/html": _named(markup, f"html-{name}")})
    for kind, content in MIMES.items():
        name = "mime-" + "".join(filter(str.isalpha, kind))
        displays.append({kind: json.loads(_named(json.dumps(content), name))})
    displays += [{"text/html": TABLE}, {"image/png": PIXEL}, {"image/svg+xml": DRAWING}]
    shown = f"from IPython.display import display\nfor each in {displays!r}:\n    display(each, raw=True)"
    shown_by = "class Odd(Exception): pass\nOdd.__name__ = {0!r}\nimport sys\nprint({0!r}, file=sys.stderr)\nraise Odd({0!r})"
    cells += [code(shown), code(shown_by.format(_named(TAG, "error")))]
    answer = "\n\n".join(
        _named(markup, f"answer-{name}")
        for name, markup in {**HTML, **MARKDOWN}.items()
    )
    picture = text("![pixel](attachment:p.png) ![drawing](attachment:d.svg)")
    picture.attachments = {
        "p.png": {"image/png": PIXEL},
        "d.svg": {"image/svg+xml": _named(TAG, "attachment")},
    }
    notebook = answered(release(lesson), question_why=f"Because.\n\n{answer}")
    notebook.cells += [*cells, picture]
    return notebook


def _named(markup: str, name: str) -> str:
    return markup.replace("NAME", name)
