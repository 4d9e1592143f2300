"""Courses as documents, with everything that Markdown can bring."""

import uuid
from datetime import date

from content.exports.document import (
    Checked,
    Concept,
    Course,
    Module,
    Question,
    Request,
    Resource,
    Stage,
)

MARKDOWN = """> A quote with *emphasis* and `code`.

## What "this" is #about

Text & <b>raw</b>, a [link](https://example.org/a?b=c), a footnote[^1] and ~~gone~~.

[^1]: The note, with a [link](https://example.org) and itself[^1].

1. one
   - deep `#eval("x")`

- [ ] open
- [x] done

| a | b |
|---|---|
| 1 | **bold** |

```python
print("hi #there")  # comment
```

![A map](https://example.org/x.png) [run](javascript:alert(1)) [near](other.md)

Unclosed ` # [ { $ *
"""
CHINESE = """## 这是什么

中文教程，包含**重点**和`代码`。参考[维基百科](https://zh.wikipedia.org)。

| 部分 | 分钟 |
|---|---|
| 阅读 | 20 |
"""


def question(text="Which is the best sign?", right=(1,)):
    options = ["A familiar <text>", "Doing it on a new example", "Time"]
    return Question(
        text=text,
        options=options,
        correct_indexes=list(right),
        explanation="Doing shows knowledge & more.",
    )


def concept(number, markdown=MARKDOWN, title="Reading isobars"):
    return Concept(
        id=f"c{number}",
        title=f"{title} {number}",
        summary="What lines on a map say.",
        minutes=90,
        difficulty="beginner",
        prerequisites=[f"c{number - 1}"] if number > 1 else [],
        keywords=["isobar"],
        outcomes=["You can read a <map>."],
        tutorial=markdown,
        resources=[
            Resource(
                title="Wikipedia",
                url="https://en.wikipedia.org/w?q={x}|100%",
                language="en",
                note="Good.",
            )
        ],
        quiz=[question(), question("Which two?", (0, 2))],
    )


def course(concepts=3, markdown=MARKDOWN, language="en", title="Weather maps & hikers"):
    module = Module(
        title="Pressure",
        summary="Air.",
        concepts=[concept(one, markdown) for one in range(1, concepts + 1)],
    )
    return Course(
        id=uuid.UUID(int=5),
        title=title,
        request=Request(
            goal="Plan a hike in any weather", language=language, hours_per_week=3, weeks=2
        ),
        checked=Checked(by="reviewer", person=True, on=date(2026, 1, 2)),
        stages=[Stage(title="Foundations", summary="Begin here.", modules=[module])],
    )
