"""A large course whose tutorials have everything that Markdown can hold; made without any run."""

from content.models import Question, Quiz, Resource, ResourceList, Tutorial
from roadmaps.models import Roadmap
from roadmaps.runs import publishing
from tests import drawn

TUTORIAL = r"""
## Why it matters

Every measurement $x_i$ misses the true value a little, so we ask how far the mean $\bar{x}$ may be from it[^1].

$$
s = \sqrt{\frac{1}{n-1} \sum_{i=1}^{n} (x_i - \bar{x})^2}
$$

## The idea, step by step

A picture of the way from a question to an answer:

```mermaid
flowchart LR
  Q[Question] --> D[Data] --> M{Model fits?}
  M -->|yes| A[Answer]
  M -->|no| D
```

### In code

```python
from statistics import mean, stdev


def standard_error(values: list[float]) -> float:
    # the spread of the mean, not that of the values; it becomes smaller as there are more of them, slowly
    return stdev(values) / len(values) ** 0.5
```

### In numbers

| n | spread of the mean | what it costs |
|--:|:--|:-:|
| 10 | 0.32 | $5 |
| 1000 | 0.03 | $500 |

## Common mistakes

> The standard deviation says how the values differ, the standard error how the means would.

- [ ] I can say the difference in a sentence.
- [x] I have tried it with numbers of my own.

## Summary

More data helps with the square root only.

[^1]: On average, and if nothing pulls all of them to one side.
"""


def make(owner, concepts=12, **fields):
    """READY, with everything written; two stages, modules of six."""
    roadmap = Roadmap.objects.create(
        owner=owner,
        goal="Learn statistics",
        title="Statistics for hikers",
        status="READY",
        hours_per_week=2,
        **fields,
    )
    publishing.create(roadmap, plan(concepts))
    for concept in roadmap.concepts.all():
        write(concept)
    return roadmap


def plan(concepts):
    made = [_concept(number) for number in range(1, concepts + 1)]
    half = (concepts + 1) // 2
    stages = [_stage(1, "Foundations", made[:half]), _stage(2, "Getting better", made[half:])]
    return {
        "title": "Statistics",
        "summary": "",
        "stages": [stage for stage in stages if stage["modules"]],
    }


def _stage(number, title, concepts):
    groups = [concepts[at : at + 6] for at in range(0, len(concepts), 6)]
    modules = [
        {
            "id": f"m{number}-{at}",
            "title": f"Module {number}.{at}",
            "summary": "",
            "concepts": group,
        }
        for at, group in enumerate(groups, start=1)
    ]
    return {"id": f"s{number}", "title": title, "summary": "", "modules": modules}


def _concept(number):
    return {
        "id": f"c{number}",
        "title": f"Concept {number}: how far off is the mean",
        "summary": "What a mean tells, and how far it may be from the truth.",
        "minutes": 30,
        "difficulty": "beginner",
        "prerequisites": [f"c{number - 1}"] if number > 1 else [],
        "keywords": ["mean"],
        "outcomes": ["Tell spread from error.", "Say how many measurements are enough."],
    }


def write(concept):
    Tutorial.objects.create(
        concept=concept, status="READY", title=concept.title, **drawn.columns(TUTORIAL)
    )
    resources = ResourceList.objects.create(concept=concept, status="READY")
    for order, kind in enumerate(("article", "book", "video"), start=1):
        Resource.objects.create(
            resource_list=resources,
            order=order,
            title=f"A good {kind} on means",
            url=f"https://example.org/{kind}",
            kind=kind,
            language="en",
            note="Good for a second look, with exercises.",
        )
    ask(
        Quiz.objects.create(concept=concept, status="READY"),
        "What does it mean",
        "What is it not",
        "Which are right",
    )


def ask(quiz, *texts):
    """One question per text; option 1 is right, and of the last question option 2 as well."""
    for order, text in enumerate(texts, start=1):
        Question.objects.create(
            quiz=quiz,
            order=order,
            text=f"{text} ({quiz.concept.key})?",
            options=["The wrong one", "The right one", "Another"],
            correct_indexes=[1, 2] if order == len(texts) else [1],
            explanation=f"Explained: {text}.",
        )
