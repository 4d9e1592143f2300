"""What a tutorial may hold, and what it can't do."""

import re

import pytest

from content.rendering import markdown
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
    made = markdown.read(hostile).html
    assert not re.search(r"<(script|iframe|svg|style|form|button|object|embed)\b", made)
    assert not re.search(r"<[^>]*\s(on\w+|style|xlink:href)\s*=", made)
    assert not re.search(r'<[^>]*(href|src)="\s*(javascript|data|vbscript):', made, re.IGNORECASE)


def test_headings_never_take_an_id_of_the_page_and_begin_below_its_title():
    made = markdown.read("# Quiz\n\n## quiz\n\n## !!!\n\n# Quiz\n")
    assert [heading.id for heading in made.headings] == ["t-quiz", "t-quiz-2", "t-part", "t-quiz-3"]
    assert "<h1" not in made.html
    assert 'id="quiz"' not in made.html


@pytest.mark.parametrize(
    "broken", [r"\frac{", r"\begin{matrix} a", "{" * 3000, r"\left( x", "x" * 5000]
)
def test_a_formula_with_a_mistake_is_shown_as_it_was_written(broken):
    made = markdown.read(f"$${broken}$$").html
    assert broken[:8].strip() in made or "<math" in made
    assert "Traceback" not in made


def test_prices_are_no_formulas():
    assert "<math" not in markdown.read("It costs $5 today and $10 tomorrow.").html


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"\frac{a}{b}", "<mfrac>"),
        (r"\sum_{i=1}^{n} x_i", "<munderover><mo>∑</mo>"),
        (r"\bigcup_{i} A_i", "<munder><mo>⋃</mo>"),
        (r"\lim_{x\to 0} f", "<munder><mo>lim</mo>"),
        (
            r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
            "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr>",
        ),
        (r"\begin{aligned}a&=b\\c&=d\end{aligned}", '<mtd columnalign="right"><mi>c</mi></mtd>'),
        (r"\begin{align*}a&=b\\c&=d\end{align*}", '<mtd columnalign="right"><mi>c</mi></mtd>'),
        (r"\begin{gather}a\\b\end{gather}", '<mtd columnalign="center"><mi>b</mi></mtd>'),
        (r"\begin{equation}a\label{one}\end{equation}", "<mi>a</mi>"),
        (r"f=\begin{cases}1&x>0\\0&\text{otherwise}\end{cases}", "<mtext>otherwise</mtext>"),
        (r"\alpha\Gamma\varepsilon", "<mi>α</mi><mi>Γ</mi><mi>ε</mi>"),
        (r"\hat{x}\vec{v}\bar{y}", "<mover"),
        (r"\operatorname*{arg\,max}_{x} f", "<munder><mo>argmax</mo>"),
        (r"\R^n", "<mi>ℝ</mi>"),
        (r"\boldsymbol{\beta}", "<mi>𝜷</mi>"),
        (r"\mathscr{L}\mathsf{T}", "<mi>ℒ</mi>"),
        (r"\textbf{ab}", "<mtext>𝐚𝐛</mtext>"),
        (r"x\!y", '<mspace width="-0.167em"'),
        (r"\color{red}{x}", "<mi>x</mi>"),
    ],
)
def test_ordinary_formulas_are_drawn(tex, shown):
    made = markdown.read(f"$${tex}$$").html
    assert shown in made
    assert "<code>" not in made
    assert "\\" not in made


@pytest.mark.parametrize(
    "tex", [r"\ce{H2O}", r"\SI{3}{m}", r"a\\b", "a & b", r"\frac{a}", r"x + \unknown"]
)
def test_a_formula_that_no_browser_would_show_stays_tex(tex):
    for text in (f"$${tex}$$", f"so ${tex}$ is"):
        made = markdown.read(text).html
        assert f"<code>{tex.replace('&', '&amp;')}</code>" in made
        assert "<math" not in made
