-- What 100,000 roadmaps leave, in rows that look like the product's own; parameters by name.

INSERT INTO roadmaps_roadmap (id, owner_id, goal, level, hours_per_week, weeks, language, background, motivation,
    formats, title, made_without_model, status, status_reason, version, thread_id, run_id, attempts, branch,
    graph_version, dispatched_at, created_at, updated_at)
SELECT md5('r' || n)::uuid, %(owner)s, 'Learn to bake bread, way ' || n, 'beginner', 5, 8, 'en', '', '', '[]',
    'Bread ' || n, false, CASE WHEN n %% 500 = 0 THEN 'GENERATING' WHEN n %% 50 = 0 THEN 'AWAITING_REVIEW'
    ELSE 'READY' END, '', 4, md5('t' || n)::uuid, gen_random_uuid(), 1, 0, 1, made, made, made
FROM generate_series(1, %(roadmaps)s) n,
    LATERAL (SELECT now() - (%(roadmaps)s - n) * interval '60 days' / %(roadmaps)s AS made);

INSERT INTO logs_app_executionlog (id, roadmap_id, sequence, level, event, message, data, occurred_at)
SELECT uuidv7(at - now()), md5('r' || 1 + n / 50)::uuid, (extract(epoch FROM at) * 1e9)::bigint + n %% 1000,
    CASE WHEN n %% 1000 = 0 THEN 'error' WHEN n %% 200 = 0 THEN 'warning' ELSE 'info' END,
    (ARRAY['node_started', 'node_finished', 'artifact_ready', 'run_started'])[1 + n %% 4],
    'Designing the plan: done', '{"node": "design_curriculum"}', at
FROM generate_series(0, %(events)s - 1) n,
    LATERAL (SELECT now() - (%(events)s - n) * interval '60 days' / %(events)s AS at);

INSERT INTO checkpoints.checkpoints (thread_id, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
SELECT md5('t' || n)::uuid::text, '1f0' || lpad(step::text, 5, '0'), '1f0' || lpad((step - 1)::text, 5, '0'), NULL,
    jsonb_build_object('v', 4, 'channel_versions', jsonb_build_object('plan', '0' || step, 'report', '0' || step),
    'versions_seen', '{}'::jsonb, 'channel_values', '{}'::jsonb), '{"source": "loop"}'
FROM generate_series(1, %(roadmaps)s) n, generate_series(1, 5) step;

INSERT INTO checkpoints.checkpoint_blobs (thread_id, channel, version, type, blob)
SELECT md5('t' || n)::uuid::text, channel, '0' || step, 'msgpack', convert_to(repeat(md5(n::text), 12), 'UTF8')
FROM generate_series(1, %(roadmaps)s) n, generate_series(1, 5) step, unnest(ARRAY['plan', 'report']) channel;

INSERT INTO checkpoints.checkpoint_writes (thread_id, checkpoint_id, task_id, idx, channel, type, blob, task_path)
SELECT md5('t' || n)::uuid::text, '1f0' || lpad(step::text, 5, '0'), md5(step::text), idx, 'plan', 'msgpack',
    convert_to(repeat(md5(n::text), 4), 'UTF8'), ''
FROM generate_series(1, %(roadmaps)s) n, generate_series(1, 5) step, generate_series(0, 1) idx;

INSERT INTO roadmaps_modelcall (thread_id, role, input_hash, model, answer, input_tokens, output_tokens, seconds,
    created_at)
SELECT md5('t' || n)::uuid, role, md5(n || role), 'openai:test', '{"answer": "short"}', 100, 100, 2, now()
FROM generate_series(1, %(roadmaps)s) n, unnest(ARRAY['intent', 'curriculum', 'validation']) role;

INSERT INTO roadmaps_lease (subject, token, expires_at)
SELECT id, gen_random_uuid(), now() + interval '1 hour' FROM roadmaps_roadmap WHERE status = 'GENERATING';
