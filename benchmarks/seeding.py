"""Seeding of a database with many made-up rows, by PostgreSQL itself, to measure pages with them.

Every id follows from its number, so that the statements need not look each other's rows up. Three
reviews make two roadmaps: one approved (or not) in the first round, one in the second.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from content.artifacts import drawings
from content.rendering import markdown
from roadmaps.llm import BUILT_IN_AUTHOR
from roadmaps.llm.author import plan as author_plan
from roadmaps.plan import edits, rules, shape
from roadmaps.plan.schemas import Curriculum, Operation

PREFIX = "seeded-"
PEOPLE = 200
COURSES_MAX = 5000  # approved roadmaps that get a small course
LANGUAGES = "ARRAY['en', 'en', 'en', 'de', 'fr', 'es', 'uk', 'zh', 'pt-BR', 'ja']"
# n is a roadmap's number; about one of fifty waits, the rest are decided over the last ninety days.
ROADMAP_ID = "md5('{prefix}roadmap-' || {n})::uuid"
WAITS = "({n}::bigint * 7919 % 50 = 0)"
REJECTED = "({n}::bigint * 104729 % 31 = 0)"
AGE = "({n}::bigint * 1299709 % (90 * 24 * 60)) * interval '1 minute'"

STATEMENTS = {
    "roadmaps": """
INSERT INTO roadmaps_roadmap (id, owner_id, goal, level, hours_per_week, weeks, language,
    background, motivation, formats, title, made_without_model, status, status_reason, version,
    thread_id, run_id, attempts, branch, graph_version, dispatched_at, created_at, updated_at)
SELECT {roadmap_id},
    (SELECT min(id) FROM auth_user WHERE username LIKE '{prefix}%%') + n %% {people},
    'Learn ' || (
        ARRAY['statistics', 'Rust', 'bookbinding', 'sailing', 'SQL', 'piano', 'botany']
    )[1 + n %% 7] || ' well enough for my project ' || n,
    (ARRAY['beginner', 'intermediate', 'advanced'])[1 + n %% 3], 5, 8, ({languages})[1 + n %% 10],
    '', '', '[]', 'Roadmap ' || n || ' of the seed', true,
    CASE WHEN {waits} THEN 'AWAITING_REVIEW' WHEN {rejected} THEN 'REJECTED'
        WHEN n %% 97 = 0 THEN 'FAILED' WHEN n %% 101 = 0 THEN 'PARTIAL' ELSE 'READY' END,
    '', 4, md5('{prefix}thread-' || n)::uuid, gen_random_uuid(), 1, 0, 1,
    now() - {age}, now() - {age}, now() - {age}
FROM generate_series(1, %(roadmaps)s) n""",
    "drafts": """
INSERT INTO roadmaps_draft (roadmap_id, number, plan, report, operations, origin, intent,
    created_at)
SELECT {roadmap_id}, round, %(plan)s, %(report)s,
    CASE round WHEN 1 THEN '[]'::jsonb ELSE %(operations)s END,
    CASE round WHEN 1 THEN 'MODEL' ELSE 'REVIEWER' END, %(intent)s,
    now() - {age} - (2 - round) * interval '1 day'
FROM generate_series(1, %(roadmaps)s) n, generate_series(1, 2) round
WHERE round = 1 OR n %% 2 = 0""",
    "reviews": """
INSERT INTO roadmaps_review (roadmap_id, draft_id, interrupt_id, status, score, open_critical,
    round, language, assigned_to_id, due_at, comment, parts, decided_by_id, decided_how, decided_as,
    decided_at, created_at)
SELECT roadmap_id, draft_id, md5('{prefix}' || draft_id), status, 50 + n %% 50, n %% 3, round,
    language, CASE WHEN n %% 3 = 0 THEN reviewer END, created_at + interval '2 days',
    CASE status WHEN 'PENDING' THEN '' WHEN 'APPROVED' THEN ''
        ELSE 'More practice, please: ' || n END,
    '[]', CASE WHEN status <> 'PENDING' THEN reviewer END,
    CASE status WHEN 'PENDING' THEN '' ELSE 'PERSON' END,
    CASE status WHEN 'PENDING' THEN '' ELSE '{prefix}1' END,
    CASE WHEN status <> 'PENDING'
        THEN least(now(), created_at + (1 + n * 31 %% 2000) * interval '1 minute') END,
    created_at
FROM (
    SELECT r.id AS roadmap_id, d.id AS draft_id, n, d.number AS round, r.language, d.created_at,
        (SELECT min(id) FROM auth_user WHERE username LIKE '{prefix}%%') AS reviewer,
        CASE WHEN d.number = 1 AND n %% 2 = 0 THEN 'CHANGES_REQUESTED' WHEN {waits} THEN 'PENDING'
            WHEN {rejected} THEN 'REJECTED' ELSE 'APPROVED' END AS status
    FROM generate_series(1, %(roadmaps)s) n
    JOIN roadmaps_roadmap r ON r.id = {roadmap_id} JOIN roadmaps_draft d ON d.roadmap_id = r.id
) made""",
    "drafts with the largest plan": """
UPDATE roadmaps_draft SET plan = %(largest)s, report = report || %(largest_time)s
WHERE id = (
    SELECT draft_id FROM roadmaps_review WHERE status = 'PENDING' ORDER BY waiting_since LIMIT 1
)""",
    "review history": """
INSERT INTO roadmaps_reviewevent (review_id, kind, actor_id, actor_name, text, data, at)
SELECT id, 'OPENED', NULL, 'the system', '', '{{}}'::jsonb, created_at FROM roadmaps_review
WHERE decided_as IN ('', '{prefix}1')
UNION ALL
SELECT id, 'DECIDED', decided_by_id, decided_as, comment, '{{}}'::jsonb, decided_at
FROM roadmaps_review
WHERE decided_as = '{prefix}1'""",
    "model calls": """
INSERT INTO roadmaps_modelcall (thread_id, role, input_hash, model, answer, input_tokens,
    output_tokens, seconds, created_at)
SELECT md5('{prefix}thread-' || n)::uuid, role, md5(role || n),
    (ARRAY['{author}', 'openai:gpt-4o-mini'])[1 + n %% 2],
    '{{}}', 900 + n %% 700, 400 + n %% 900, (n %% 70) / 10.0, now() - {age}
FROM generate_series(1, %(roadmaps)s) n,
    unnest(ARRAY['intent', 'curriculum', 'validation']) role""",
    "execution log": """
INSERT INTO logs_app_executionlog (id, roadmap_id, run_id, sequence, level, event, message, data,
    occurred_at)
SELECT gen_random_uuid(), md5('{prefix}roadmap-' || (1 + n %% %(roadmaps)s))::uuid, NULL,
    (extract(epoch FROM at) * 1000000)::bigint * 1000 + n %% 1000,
    CASE WHEN n %% 1009 = 0 THEN 'error' WHEN n %% 53 = 0 THEN 'warning' ELSE 'info' END,
    (
        ARRAY['node_started', 'node_finished', 'artifact_ready', 'run_started', 'review_requested']
    )[1 + n %% 5],
    'Event ' || n || ' of the seed', '{{}}', at
FROM (
    SELECT n, now() - (n::float / %(logs)s) * interval '90 days' AS at
    FROM generate_series(1, %(logs)s::int) n
) made""",
    "stages": """
INSERT INTO roadmaps_stage (roadmap_id, key, title, summary, "order")
SELECT id, 's1', 'The foundations', '', 1 FROM {courses}""",
    "modules": """
INSERT INTO roadmaps_module (stage_id, key, title, summary, "order")
SELECT s.id, 'm1', 'First steps', '', 1 FROM roadmaps_stage s
JOIN {courses} ON course.id = s.roadmap_id""",
    "concepts": """
INSERT INTO roadmaps_concept (roadmap_id, module_id, key, title, summary, "order", slug, minutes,
    difficulty, keywords, outcomes)
SELECT s.roadmap_id, m.id, 'c' || c, 'Concept ' || c, 'What it is and why it matters.', c,
    'concept-' || c, 60, 'beginner', '[]', '[]'
FROM roadmaps_module m JOIN roadmaps_stage s ON s.id = m.stage_id
    JOIN {courses} ON course.id = s.roadmap_id, generate_series(1, 4) c""",
    "tutorials": """
INSERT INTO content_tutorial (id, concept_id, status, error, model, edition, attempts,
    dispatched_at, updated_at, title, summary, markdown, html, headings, drawn_of, drawn_version)
SELECT gen_random_uuid(), {artifact}, c.title, '', %(markdown)s, %(html)s, %(headings)s,
    %(drawn_of)s, %(drawn_version)s
FROM {concepts}""",
    "resource lists": """
INSERT INTO content_resourcelist (id, concept_id, status, error, model, edition, attempts,
    dispatched_at, updated_at)
SELECT gen_random_uuid(), {artifact} FROM {concepts}""",
    "quizzes": """
INSERT INTO content_quiz (id, concept_id, status, error, model, edition, attempts, dispatched_at,
    updated_at)
SELECT gen_random_uuid(), {artifact} FROM {concepts}""",
}
COURSES = """(
    SELECT {roadmap_id} AS id FROM generate_series(1, %(roadmaps)s) n WHERE n %% 2 = 1
    LIMIT {courses_max}
) course"""
CONCEPTS = "roadmaps_concept c JOIN {courses} ON course.id = c.roadmap_id"
ARTIFACT = """c.id, CASE WHEN c.id %% 89 = 0 THEN 'FAILED' ELSE 'READY' END, '', '{author}', 1, 0,
    now() - c.id %% 90 * interval '1 day', now() - c.id %% 90 * interval '1 day'"""


def is_seeded() -> bool:
    return User.objects.filter(username__startswith=PREFIX).exists()


def seed(*, reviews: int, logs: int) -> Iterator[tuple[str, int]]:
    """Make the rows, all or nothing; yields the table and the number of rows of each statement."""
    fragments = sql_fragments()
    values: dict[str, Any] = {
        "roadmaps": max(2, -(-reviews * 2 // 3)),
        "logs": logs,
        **plan_values(),
        **tutorial_values(),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        people = [
            User(username=f"{PREFIX}{number}", password="!")  # noqa: S106
            for number in range(1, PEOPLE + 1)
        ]
        yield "people", len(User.objects.bulk_create(people))
        for table, statement in STATEMENTS.items():
            cursor.execute(statement.format(**fragments), values)
            yield table, cursor.rowcount
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum would, sooner or later


def sql_fragments() -> dict[str, Any]:
    """The parts of the statements that are neither values nor the same everywhere."""
    roadmap_id = ROADMAP_ID.format(prefix=PREFIX, n="n")
    courses = COURSES.format(roadmap_id=roadmap_id, courses_max=COURSES_MAX)
    return {
        "prefix": PREFIX,
        "people": PEOPLE,
        "languages": LANGUAGES,
        "author": BUILT_IN_AUTHOR,
        "waits": WAITS.replace("%", "%%").format(n="n"),
        "rejected": REJECTED.replace("%", "%%").format(n="n"),
        "age": AGE.replace("%", "%%").format(n="n"),
        "roadmap_id": roadmap_id,
        "courses": courses,
        "concepts": CONCEPTS.format(courses=courses),
        "artifact": ARTIFACT.format(author=BUILT_IN_AUTHOR),
    }


def tutorial_values() -> dict[str, Any]:
    """One text with what is drawn of it, shared by all tutorials."""
    text = "## A heading\n\nA paragraph of the seed.\n\n" * 20
    values = drawings.columns(text, markdown.read(text))
    return values | {"markdown": text, "headings": Jsonb(values["headings"])}


def plan_values() -> dict[str, Jsonb]:
    """One plan of the built-in author with its report, shared by all drafts."""
    request = {
        "goal": "Learn what a seed needs",
        "level": "beginner",
        "hours_per_week": 5,
        "weeks": 8,
    }
    payload: dict[str, Any] = {
        "request": request | {"language": "en"},
        "budget_minutes": 5 * 8 * 60,
    }
    plan = shape.from_curriculum(Curriculum(**author_plan.curriculum(payload)))
    issues = rules.check(plan, payload["budget_minutes"])
    critique = author_plan.critique({"rule_issues": issues})
    report = {
        "issues": issues,
        "scores": critique["scores"],
        "score": critique["scores"][0]["score"],
        "minutes": shape.minutes(plan),
        "budget_minutes": payload["budget_minutes"],
        "skipped": [],
    }
    concept = next(shape.concepts(plan))
    change = Operation(
        op="modify", target=concept["id"], minutes=concept["minutes"] + 10, reason="More practice"
    )
    _, operations, _ = edits.apply(plan, [change])
    largest = largest_plan(plan)
    values = {
        "plan": plan,
        "report": report,
        "operations": operations,
        "intent": author_plan.intent(payload),
        "largest": largest,
        "largest_time": {"minutes": shape.minutes(largest)},
    }
    return {name: Jsonb(value) for name, value in values.items()}


def largest_plan(plan: Any) -> Any:
    """A plan of as many parts as the rules allow, each like the first of `plan`.

    Each concept needs the first one and the one before.
    """
    first_stage = plan["stages"][0]
    first_module = first_stage["modules"][0]
    first_concept = first_module["concepts"][0]
    stages, modules, concepts = (
        range(1, rules.SIZES[kind][1] + 1) for kind in ("stages", "modules", "concepts")
    )
    largest: Any = plan | {"next_id": 1, "stages": []}
    concept_ids: list[str] = []
    for s in stages:
        stage_id = shape.new_id(largest, "s")
        stage = first_stage | {"id": stage_id, "title": f"Stage {s}", "modules": []}
        largest["stages"].append(stage)
        for m in modules:
            module_id = shape.new_id(largest, "m")
            module = first_module | {"id": module_id, "title": f"Module {s}.{m}", "concepts": []}
            stage["modules"].append(module)
            for c in concepts:
                concept_id = shape.new_id(largest, "c")
                module["concepts"].append(
                    first_concept
                    | {
                        "id": concept_id,
                        "title": f"{first_concept['title']} {s}.{m}.{c}",
                        "prerequisites": list(dict.fromkeys(concept_ids[:1] + concept_ids[-1:])),
                    }
                )
                concept_ids.append(concept_id)
    return largest
