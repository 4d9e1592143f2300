"""Content of one concept by the built-in author: how to study it, where to look, a quiz."""

from typing import Any
from urllib.parse import quote_plus

Json = dict[str, Any]
MADE_WITHOUT_A_MODEL = "This guide was made without a model"

TUTORIAL = """\
> {notice}. It does not teach the subject itself: it shows how to learn it on your own, \
step by step, from the sources that
> the resources of this concept lead to.{language_note}

## What this is about

{summary}

It belongs to *{module}* in the stage *{stage}* and serves your goal: {goal}

## Before you begin

{prerequisites}

## Questions to guide you

1. In one sentence: what is “{title}” about?
2. Which three terms come up again and again, and what do they mean in your own words?
3. What is a typical example, and what would be a counterexample?
4. What do people usually get wrong here, and how would you notice?
5. How does it connect with what you know already{background}?

## A plan for {minutes} minutes

| part | minutes | what you do |
|---|---|---|
| Look around | {look} | Open two of the resources, skim, and write down the terms. |
| Study | {study} | Read or watch one source carefully; answer the questions above. |
| Practise | {practise} | Do the tasks below without looking. |
| Recall | {recall} | Close everything and write down what you remember. |

## Practice

{tasks}
- Explain “{title}” aloud, as if to a friend who knows nothing of it. \
Where you get stuck, go back to the source.

## How to check yourself

{checks}
- Come back tomorrow and in a week, and answer the five questions from memory.

## Notes

- Sources that helped, with page or minute:
- What is still unclear, and whom I could ask:
"""


def tutorial(payload: Json) -> Json:
    concept, roadmap = payload["concept"], payload["roadmap"]
    minutes = concept["minutes"]
    look, recall = max(minutes // 8, 2), max(minutes // 8, 2)
    practise = max((minutes - look - recall) // 2, 3)

    language, language_note = roadmap["language"], ""
    if language.split("-")[0] != "en":
        language_note = (
            " Its frame is in English, as no model is connected; "
            f"the links search in your language ({language})."
        )
    background = ""
    if roadmap.get("background"):
        background = f" ({_plain(roadmap['background'])})"
    prerequisites = "Nothing is needed first."
    if concept["prerequisites"]:
        titles = [f"- {_plain(title)}" for title in concept["prerequisites"]]
        prerequisites = "\n".join(["Be sure of these first:\n", *titles])
    outcomes = [_plain(outcome) for outcome in concept["outcomes"]]
    tasks = [f"- {outcome} Show it on an example of your own." for outcome in outcomes]

    markdown = TUTORIAL.format(
        notice=MADE_WITHOUT_A_MODEL,
        language_note=language_note,
        module=_plain(payload["module"]),
        stage=_plain(payload["stage"]),
        title=_plain(concept["title"]),
        summary=_plain(concept["summary"]),
        goal=_plain(roadmap["goal"]),
        background=background,
        prerequisites=prerequisites,
        tasks="\n".join(tasks),
        checks="\n".join(f"- [ ] {outcome}" for outcome in outcomes),
        minutes=minutes,
        look=look,
        recall=recall,
        practise=practise,
        study=max(minutes - look - recall - practise, 1),
    )
    summary = f"How to study “{concept['title']}” on your own, and how to tell that you know it."
    return {"title": concept["title"][:160], "summary": summary[:600], "markdown": markdown}


def _plain(text: str) -> str:
    """The text on one line, so that it can't break the Markdown around it."""
    return " ".join(str(text).split())


def resources(payload: Json) -> Json:
    concept, roadmap = payload["concept"], payload["roadmap"]
    terms = dict.fromkeys([*concept["keywords"][:1], concept["title"]])
    query = quote_plus(" ".join(terms)[:150])
    language = roadmap["language"]
    wiki = language.split("-")[0].lower()
    searches = [
        (
            "Wikipedia",
            f"https://{wiki}.wikipedia.org/w/index.php?search={query}",
            "search",
            "an overview and the terms",
        ),
        (
            "Open Library",
            f"https://openlibrary.org/search?q={query}",
            "search",
            "books, many to borrow online",
        ),
        (
            "Internet Archive",
            f"https://archive.org/search?query={query}",
            "search",
            "free books, courses and lectures",
        ),
        (
            "YouTube",
            f"https://www.youtube.com/results?search_query={query}",
            "video",
            "seeing somebody do it",
        ),
        (
            "DuckDuckGo",
            f"https://duckduckgo.com/?q={query}",
            "search",
            "everything else; prefer known institutions",
        ),
    ]
    return {
        "resources": [
            {
                "title": f"{site}: {concept['title']}"[:200],
                "url": url,
                "kind": kind,
                "language": language[:20],
                "note": f"A search, good for {purpose}. Nobody has checked what it finds.",
            }
            for site, url, kind, purpose in searches
        ]
    }


def quiz(payload: Json) -> Json:
    """A quiz about learning this concept well, which needs no knowledge of the subject."""
    concept = payload["concept"]
    title, outcome = concept["title"], concept["outcomes"][0]
    best_sign = f"You have worked through “{title}”. Which is the best sign that you know it?"
    return {
        "questions": [
            {
                "text": best_sign[:600],
                "options": [
                    "The text feels familiar when I read it again.",
                    f"Without notes, on a new example: {outcome}"[:600],
                    "I have marked the important sentences.",
                    "I have spent the planned time on it.",
                ],
                "correct_indexes": [1],
                "explanation": "Doing it on a new example without notes shows knowledge; "
                "familiarity and time don't.",
            },
            {
                "text": f"When should you next try to recall “{title}”?"[:600],
                "options": [
                    "Right now, by reading it once more",
                    "Never, once the concept is marked complete",
                    "Tomorrow, and again after about a week",
                    "Only when I have forgotten all of it",
                ],
                "correct_indexes": [2],
                "explanation": "Recall at growing distances makes knowledge last longer than "
                "reading it again.",
            },
            {
                "text": f"You are stuck in “{title}” for half an hour. What helps most?"[:600],
                "options": [
                    "Write down exactly what is unclear, then look for that in another source "
                    "or ask somebody",
                    "Start the same source from the beginning",
                    "Skip to the end of the course",
                ],
                "correct_indexes": [0],
                "explanation": "A precise question makes the next source useful, "
                "and often answers itself.",
            },
        ]
    }


ANSWERS = {"TutorialAnswer": tutorial, "ResourcesAnswer": resources, "QuizAnswer": quiz}
