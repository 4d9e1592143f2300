-- Rows of %(roadmaps)s finished courses of many people, with what their pages show; parameters by name.

INSERT INTO auth_user (username, password, first_name, last_name, email, is_superuser, is_staff, is_active,
    date_joined)
SELECT 'reader-' || n, '!', '', '', 'reader-' || n || '@example.com', false, false, true, now()
FROM generate_series(1, %(people)s) n;

INSERT INTO roadmaps_roadmap (id, owner_id, goal, level, hours_per_week, weeks, language, background, motivation,
    formats, title, made_without_model, status, status_reason, version, thread_id, run_id, attempts, branch,
    graph_version, dispatched_at, created_at, updated_at)
SELECT md5('r' || n)::uuid, CASE WHEN n %% 20 <= %(owned)s THEN %(owner)s
    ELSE (SELECT min(id) FROM auth_user WHERE username LIKE 'reader-%%') + n %% %(people)s END,
    'Learn ' || (ARRAY['statistics', 'Rust', 'bookbinding', 'sailing', 'SQL', 'piano', 'botany'])[1 + n %% 7]
    || ', way ' || n, 'beginner', 5, 8, (ARRAY['en', 'en', 'de', 'fr', 'es', 'zh'])[1 + n %% 6], '', '', '[]',
    'Course ' || n || CASE WHEN n %% 1000 = 1 THEN ' of zeppelins' ELSE '' END, false,
    CASE WHEN n %% 500 = 2 THEN 'AWAITING_REVIEW' WHEN n %% 97 = 0 THEN 'FAILED' ELSE 'READY' END,
    '', 4, md5('t' || n)::uuid, gen_random_uuid(), 1, 0, 1, made, made, made
FROM generate_series(1, %(roadmaps)s) n,
    LATERAL (SELECT now() - (%(roadmaps)s - n) * interval '60 days' / %(roadmaps)s AS made);

INSERT INTO roadmaps_draft (roadmap_id, number, plan, report, operations, origin, intent, created_at)
SELECT id, 1, %(plan)s, %(report)s, '[]', 'MODEL', %(intent)s, created_at FROM roadmaps_roadmap;

INSERT INTO roadmaps_review (roadmap_id, draft_id, interrupt_id, status, score, open_critical, round, language,
    due_at, comment, parts, decided_how, decided_as, decided_at, created_at)
SELECT r.id, d.id, md5('i' || d.id), CASE WHEN r.status = 'AWAITING_REVIEW' THEN 'PENDING' ELSE 'APPROVED' END,
    80, 0, 1, r.language, r.created_at + interval '2 days', '', '[]',
    CASE WHEN r.status = 'AWAITING_REVIEW' THEN '' ELSE 'PERSON' END, '',
    CASE WHEN r.status <> 'AWAITING_REVIEW' THEN r.created_at + interval '1 hour' END, r.created_at
FROM roadmaps_roadmap r JOIN roadmaps_draft d ON d.roadmap_id = r.id;

INSERT INTO roadmaps_stage (roadmap_id, key, title, summary, "order")
SELECT id, 's1', 'The foundations', '', 1 FROM roadmaps_roadmap;

INSERT INTO roadmaps_module (stage_id, key, title, summary, "order")
SELECT id, 'm1', 'First steps', '', 1 FROM roadmaps_stage;

INSERT INTO roadmaps_concept (roadmap_id, module_id, key, title, summary, "order", slug, minutes, difficulty, keywords,
    outcomes)
SELECT s.roadmap_id, m.id, 'c' || c, (ARRAY['Reading', 'Writing', 'Drawing', 'Testing'])[c] || ' of part ' || m.id,
    'What it is and why it matters.', c, 'concept-' || c, 60, 'beginner', '[]', '[]'
FROM roadmaps_module m JOIN roadmaps_stage s ON s.id = m.stage_id, generate_series(1, 4) c;

INSERT INTO content_tutorial (id, concept_id, status, error, model, edition, attempts, dispatched_at, updated_at,
    title, summary, markdown)
SELECT gen_random_uuid(), id, 'READY', CASE WHEN id %% 500 = 0 THEN 'It failed.' ELSE '' END, 'openai:test', 1, 0,
    now(), now() - id * interval '1 second', title, '', repeat(E'## A heading\n\nA paragraph.\n\n', 20)
FROM roadmaps_concept;

INSERT INTO content_resourcelist (id, concept_id, status, error, model, edition, attempts, dispatched_at, updated_at)
SELECT gen_random_uuid(), id, 'READY', '', 'openai:test', 1, 0, now(), now() - id * interval '1 second'
FROM roadmaps_concept;

INSERT INTO content_quiz (id, concept_id, status, error, model, edition, attempts, dispatched_at, updated_at)
SELECT gen_random_uuid(), id, 'READY', '', 'openai:test', 1, 0, now(), now() - id * interval '1 second'
FROM roadmaps_concept;

INSERT INTO content_question (quiz_id, "order", text, options, correct_indexes, explanation)
SELECT id, 1, 'Which one is right?', '["this", "that"]', '[0]', 'This is.' FROM content_quiz;

INSERT INTO learning_card (user_id, concept_id, question_id, fingerprint, memory, due_at, answered_at)
SELECT r.owner_id, c.id, q.id, md5('q' || q.id),
    CASE WHEN q.id %% 2 = 0 THEN '{}'::jsonb ELSE '{"state": 2}'::jsonb END, now() + (q.id %% 60 - 30) * interval '1 day',
    CASE WHEN q.id %% 2 = 0 THEN NULL ELSE now() - interval '40 days' END
FROM roadmaps_roadmap r JOIN roadmaps_concept c ON c.roadmap_id = r.id JOIN content_quiz z ON z.concept_id = c.id
    JOIN content_question q ON q.quiz_id = z.id
WHERE r.owner_id = %(owner)s OR c."order" = 1;

INSERT INTO learning_reading (user_id, concept_id, place, note, started_at, completed_at)
SELECT user_id, concept_id, 0, '', now() - interval '40 days', now() - interval '40 days' FROM learning_card;

INSERT INTO learning_recall (card_id, user_id, chosen, "right", was_new, rating, at)
SELECT id, user_id, '[0]', true, true, 3, answered_at FROM learning_card WHERE answered_at IS NOT NULL;

INSERT INTO sharing_share (roadmap_id, token, created_at, listed_at, words, uses)
SELECT id, 'token-' || id, created_at, created_at,
    title || E'\n' || goal || E'\n' || repeat('Reading and writing of a part. What it is and why it matters. ', 8),
    ('x' || left(md5(id::text), 4))::bit(16)::int %% 50
FROM roadmaps_roadmap WHERE status = 'READY';

INSERT INTO roadmaps_modelcall (thread_id, role, input_hash, model, answer, input_tokens, output_tokens, seconds,
    created_at)
SELECT md5('t' || n)::uuid, role, md5(n || role), 'openai:test', '{"answer": "short"}', 100, 100, 2,
    now() - (%(roadmaps)s - n) * interval '60 days' / %(roadmaps)s
FROM generate_series(1, %(roadmaps)s) n,
    unnest(ARRAY['intent', 'curriculum', 'validation', 'tutorial', 'resources', 'quiz']) role;

INSERT INTO roadmaps_modelfailure (thread_id, role, model, reason, attempts, gave_up, created_at)
SELECT md5('t' || n)::uuid, 'tutorial', 'openai:test', '500', 1, n %% 2 = 0,
    now() - (%(roadmaps)s - n) * interval '60 days' / %(roadmaps)s
FROM generate_series(1, %(roadmaps)s) n WHERE n %% 5 = 0;

INSERT INTO logs_app_executionlog (id, roadmap_id, sequence, level, event, message, data, occurred_at)
SELECT gen_random_uuid(), md5('r' || n)::uuid, n * 10 + e, CASE WHEN n %% 200 = 0 THEN 'error' ELSE 'info' END,
    (ARRAY['node_started', 'node_finished', 'artifact_ready', 'run_started'])[e], 'Designing the plan: done', '{}',
    now() - (%(roadmaps)s - n) * interval '60 days' / %(roadmaps)s
FROM generate_series(1, %(roadmaps)s) n, generate_series(1, 4) e;

INSERT INTO django_celery_results_taskresult (task_id, task_name, status, content_type, content_encoding, result,
    date_created, date_done, meta, worker, periodic_task_name)
SELECT md5('x' || n), 'roadmaps.run', 'SUCCESS', 'application/json', 'utf-8', 'null',
    now() - (%(roadmaps)s - n) * interval '60 days' / %(roadmaps)s,
    now() - (%(roadmaps)s - n) * interval '60 days' / %(roadmaps)s, '{}', 'all@here', NULL
FROM generate_series(1, %(roadmaps)s) n;

INSERT INTO accounts_notice (user_id, roadmap_id, kind, version, text, link, on_page, mail_due, created_at)
SELECT r.owner_id, r.id, 'READY', 4, '', '/roadmaps/' || r.id || '/', true, false, r.created_at
FROM roadmaps_roadmap r;

INSERT INTO django_admin_log (action_time, user_id, content_type_id, object_id, object_repr, action_flag,
    change_message)
SELECT now() - n * interval '1 minute', %(owner)s,
    (SELECT id FROM django_content_type WHERE app_label = 'roadmaps' AND model = 'roadmap'), md5('r' || n)::uuid::text,
    'Course ' || n, 2, '[]'
FROM generate_series(1, %(roadmaps)s) n
