"""Rows full of what an attacker would have a model or a learner write; run inside the site's own
database.
"""

import json
import uuid
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import TaskResult

from content.models import Question, Quiz, Resource, ResourceList, Tutorial
from learning import cards
from learning.models import Attempt, Reading
from logs_app.models import ExecutionLog
from roadmaps.models import Draft, ModelCall, Review, Roadmap
from roadmaps.runs import publishing
from tests import drawn

SCRIPT = "<script>alert('evil')</script>"
EVIL = (
    SCRIPT
    + '<img src=x onerror=alert(1)>{{ 6|add:6 }}{% debug %}"\' onfocus=alert(2) autofocus x-init="alert(3)"'
)
LINK = "javascript:alert('evil')"
SHORT = SCRIPT + "\"'>{{ 6|add:6 }}"
MARKDOWN = f"""# {EVIL}

{EVIL}

[a link]({LINK}) <{LINK}> ![x](x" onerror="alert(4)) [^{SCRIPT}]

[^{SCRIPT}]: {EVIL}

<iframe src="{LINK}"></iframe><iframe srcdoc="{SCRIPT}"></iframe>

<svg onload=alert(5)><a xlink:href="{LINK}"><text>x</text></a><foreignObject>{SCRIPT}</foreignObject></svg>

$\\text{{{EVIL}}}$ $\\href{{{LINK}}}{{x}}$

```{SCRIPT}
{EVIL}
```

```mermaid
flowchart LR
  A["{SCRIPT}<img src=x onerror=alert(6)>"] --> B
  click A "{LINK}"
```

```mermaid
</code></pre>{SCRIPT}
```
"""


def concept(number):
    facts = {
        "minutes": 30,
        "difficulty": "beginner",
        "prerequisites": [],
        "keywords": [EVIL],
        "outcomes": [EVIL],
    }
    return {"id": f"c{number}", "title": f"{SHORT}{number}", "summary": EVIL, **facts}


def plan():
    module = {"id": "m1", "title": SHORT, "summary": EVIL, "concepts": [concept(1), concept(2)]}
    stage = {"id": "s1", "title": SHORT, "summary": EVIL, "modules": [module]}
    return {"title": SHORT, "summary": EVIL, "stages": [stage]}


def report():
    issue = {
        "severity": "critical",
        "dimension": "clarity",
        "location": "c1",
        "message": EVIL,
        "suggestion": EVIL,
    }
    found = [issue | {"code": "critique", "source": "critique"}]
    scores = [{"dimension": "clarity", "score": 50, "reason": EVIL}]
    facts = {"score": 50, "minutes": 60, "budget_minutes": 120, "skipped": [EVIL]}
    return {"issues": found, "scores": scores, **facts}


def make():
    """Prints the addresses to look at, as JSON."""
    admin = User.objects.get(username="admin")
    roadmap = Roadmap.objects.create(
        owner=admin,
        goal=EVIL,
        background=EVIL,
        motivation=EVIL,
        formats=[EVIL],
        title=SHORT,
        status="AWAITING_REVIEW",
    )
    operation: dict[str, Any] = {
        "op": "modify",
        "target": "c1",
        "reason": EVIL,
        "title": SHORT,
        "text": EVIL,
    }
    operation |= {
        "before": {"title": "Plain", "summary": SHORT},
        "after": {"title": SHORT, "summary": EVIL},
    }
    first = Draft.objects.create(roadmap=roadmap, number=1, plan=plan(), report=report())
    draft = Draft.objects.create(
        roadmap=roadmap,
        number=2,
        plan=plan(),
        report=report(),
        operations=[operation],
        intent={"outcome": EVIL},
    )
    decided = {
        "status": "CHANGES_REQUESTED",
        "comment": EVIL,
        "decided_at": timezone.now(),
        "decided_as": SHORT,
    }
    Review.objects.create(
        roadmap=roadmap, draft=first, interrupt_id="1", decided_how="EXPERT", **decided
    )
    review = Review.objects.create(roadmap=roadmap, draft=draft, interrupt_id="2", round=2)
    Roadmap.objects.filter(pk=roadmap.pk).update(status_reason=EVIL)
    rows = [roadmap, draft, review, *_written(roadmap), *_told(roadmap)]
    lists = {_address(row, "changelist") for row in rows}
    pages = [_address(row, "change", row.pk) for row in rows]
    listed = ["/admin/", "/admin/usage/", "/admin/system/", *sorted(lists)]
    print(json.dumps([*listed, *pages, *_learned(roadmap)]))  # noqa: T201


def _address(row, page, *args):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=args)


def _written(roadmap):
    publishing.create(roadmap, plan())
    one = roadmap.concepts.first()
    state = {"concept": one, "status": "READY", "error": EVIL, "model": SHORT}
    tutorial = Tutorial.objects.create(
        title=SHORT, summary=EVIL, **drawn.columns(MARKDOWN), **state
    )
    resources = ResourceList.objects.create(**state)
    Resource.objects.create(
        resource_list=resources, order=1, title=EVIL[:200], url=LINK, kind="book", note=EVIL
    )
    quiz = Quiz.objects.create(**state)
    Question.objects.create(
        quiz=quiz, order=1, text=EVIL, options=[EVIL, SHORT], correct_indexes=[0], explanation=EVIL
    )
    return tutorial, resources, quiz


def _learned(roadmap):
    """Addresses of the learner's own pages, with a note, an attempt and a question to practise."""
    concept = roadmap.concepts.first()
    answer = {
        "text": EVIL,
        "options": [EVIL, SHORT],
        "explanation": EVIL,
        "correct": [0],
        "chosen": [1],
        "right": False,
    }
    attempt = Attempt.objects.create(
        user=roadmap.owner, concept=concept, score=0, total=1, answers=[answer]
    )
    Reading.objects.create(
        user=roadmap.owner, concept=concept, note=f"</textarea>{EVIL}", noted_at=timezone.now()
    )
    cards.make(roadmap.owner, concept)
    page = concept.get_absolute_url()
    return [
        page,
        f"{page}?attempt={attempt.pk}",
        reverse("roadmap_progress", args=[roadmap.pk]),
        reverse("practice"),
    ]


def _told(roadmap):
    event = ExecutionLog.objects.create(
        roadmap_id=roadmap.pk,
        sequence=1,
        event=SHORT,
        message=EVIL,
        data={EVIL: EVIL},
        occurred_at=timezone.now(),
    )
    call = ModelCall.objects.create(
        thread_id=roadmap.thread_id, role="quiz", input_hash="1", model=SHORT, answer={EVIL: EVIL}
    )
    result = TaskResult.objects.create(
        task_id=str(uuid.uuid4()),
        task_name=SHORT,
        task_args=EVIL,
        result=EVIL,
        traceback=EVIL,
        status="FAILURE",
    )
    return event, call, result
