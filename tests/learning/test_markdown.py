"""What a tutorial may hold, and what it can't do."""

import re

import pytest

from content import markdown
from tests.learning.statistics_course import TUTORIAL


def test_a_tutorial_has_anchors_code_tables_footnotes_formulas_and_diagrams():
    document = markdown.read(TUTORIAL)
    assert [heading.text for heading in document.headings][:3] == [
        "Why it matters",
        "The idea, step by step",
        "In code",
    ]
    for heading in document.headings:
        assert f'<h{heading.level} id="{heading.id}">' in document.html
    assert '<math display="block">' in document.html
    assert "<msqrt>" in document.html
    assert '<span class="k">def</span>' in document.html
    assert '<div class="table"><table>' in document.html
    assert '<td align="right">10</td>' in document.html
    assert 'href="#fn1"' in document.html
    assert 'id="fn1"' in document.html
    assert '<pre class="mermaid"><code>flowchart LR' in document.html
    assert document.has_diagram
    assert not markdown.read("```python\nprint()\n```").has_diagram


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<iframe src="https://evil.example"></iframe>',
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
        "[click](javascript:alert(1))",
        "[click](java&#115;cript:alert(1))",
        "[click](data:text/html,<script>alert(1)</script>)",
        '![x](x" onerror="alert(1))',
        "<math><mtext><script>alert(1)</script></mtext></math>",
        r"$\text{<img src=x onerror=alert(1)>}$",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\style{background:url(javascript:alert(1))}{x}$",
        "```mermaid\n</code></pre><script>alert(1)</script>\n```",
        '```"><script>alert(1)</script>\nx\n```',
        "[^<script>alert(1)</script>]\n\n[^<script>alert(1)</script>]: x",
        "## <img src=x onerror=alert(1)>",
        "<style>body { display: none }</style>",
        '<form action="https://evil.example"><input name=a><button>x</button></form>',
    ],
)
def test_nothing_that_is_written_becomes_markup_that_acts(hostile):
    made = markdown.render(hostile)
    assert not re.search(r"<(script|iframe|svg|style|form|button|object|embed)\b", made)
    assert not re.search(r"<[^>]*\s(on\w+|style|xlink:href)\s*=", made)
    assert not re.search(r'<[^>]*(href|src)="\s*(javascript|data|vbscript):', made, re.IGNORECASE)


def test_headings_never_take_an_id_of_the_page_and_begin_below_its_title():
    made = markdown.read("# Quiz\n\n## quiz\n\n## !!!\n\n# Quiz\n")
    assert [heading.id for heading in made.headings] == ["t-quiz", "t-quiz-2", "t-part", "t-quiz-3"]
    assert "<h1" not in made.html
    assert 'id="quiz"' not in made.html


@pytest.mark.parametrize("broken", [r"\frac{", r"\begin{matrix} a", "{" * 3000, r"\left( x", "x" * 5000])
def test_a_formula_with_a_mistake_is_shown_as_it_was_written(broken):
    made = markdown.render(f"$${broken}$$")
    assert broken[:8].strip() in made or "<math" in made
    assert "Traceback" not in made


def test_prices_are_no_formulas():
    assert "<math" not in markdown.render("It costs $5 today and $10 tomorrow.")
