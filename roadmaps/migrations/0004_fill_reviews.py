"""What the inbox shows, for the reviews that were opened before it was kept beside them."""

from django.db import migrations

FILL = """
UPDATE roadmaps_review AS review SET
    score = coalesce((draft.report ->> 'score')::numeric::int, 0),
    open_critical = (
        SELECT count(*) FROM jsonb_array_elements(coalesce(draft.report -> 'issues', '[]'::jsonb)) AS issue
        WHERE issue ->> 'severity' = 'critical'
    ),
    round = 1 + (
        SELECT count(*) FROM roadmaps_review AS earlier
        WHERE earlier.roadmap_id = review.roadmap_id AND earlier.id < review.id
            AND earlier.status = 'CHANGES_REQUESTED'
    ),
    language = roadmap.language,
    decided_how = CASE
        WHEN review.decided_at IS NULL THEN '' WHEN review.decided_by_id IS NULL THEN 'COMMAND_LINE' ELSE 'PERSON'
    END,
    decided_as = coalesce((SELECT username FROM auth_user WHERE auth_user.id = review.decided_by_id), ''),
    learner_told_at = CASE WHEN review.status = 'REJECTED' THEN now() END
FROM roadmaps_draft AS draft, roadmaps_roadmap AS roadmap
WHERE draft.id = review.draft_id AND roadmap.id = review.roadmap_id
"""


class Migration(migrations.Migration):
    dependencies = [("roadmaps", "0003_review_desk"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
