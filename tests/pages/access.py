"""Table of who may open what: every address of the URLconf and every socket, by role and method.

A row has one entry per role of ROLES: OPEN, the page that asks to sign in, or the status of the
refusal. Refused forms (400) count as OPEN: whoever may not act gets no form to correct.
"""

OPEN, SIGN_IN = "open", "sign in"
NO_METHOD, FORBIDDEN, NOT_FOUND = 405, 403, 404

ROLES = (
    "visitor",
    "another learner",
    "owner",
    "viewer",  # staff with every permission to view, and no other
    "reviewer",
    "superuser",
    "expert link",  # not signed in, with the address of an expert's link
    "shared link",  # not signed in, with the address of a shared course
)
Row = tuple[object, ...]


def signed_in(
    learner: object, owner: object, viewer: object, reviewer: object, root: object
) -> Row:
    """Roles without an account are led to sign in."""
    return (SIGN_IN, learner, owner, viewer, reviewer, root, SIGN_IN, SIGN_IN)


def everybody(answer: object) -> Row:
    return (answer,) * len(ROLES)


def every_person(answer: object) -> Row:
    return signed_in(*(answer,) * 5)


ALL = everybody(OPEN)
PERSONS = every_person(OPEN)
READERS = signed_in(NOT_FOUND, OPEN, OPEN, OPEN, OPEN)  # whoever may see the course
ACTORS = signed_in(NOT_FOUND, OPEN, FORBIDDEN, FORBIDDEN, OPEN)  # its owner, permitted staff
LEARNER = signed_in(NOT_FOUND, OPEN, FORBIDDEN, FORBIDDEN, FORBIDDEN)  # only its owner learns
OWNER = signed_in(NOT_FOUND, OPEN, NOT_FOUND, NOT_FOUND, NOT_FOUND)  # and owns
EXPERT = (*(NOT_FOUND,) * 6, OPEN, NOT_FOUND)
SHARED = (*(NOT_FOUND,) * 7, OPEN)
NOBODY, NO_PERSON = everybody(NOT_FOUND), every_person(NOT_FOUND)
WRONG, WRONG_FOR_PERSONS = everybody(NO_METHOD), every_person(NO_METHOD)

# name: (GET, POST)
PAGES: dict[str, tuple[Row, Row]] = {
    "home": (ALL, WRONG),
    "offline": (ALL, WRONG),
    "offline_worker": (ALL, WRONG),
    "healthz": (ALL, WRONG),
    "readyz": (ALL, WRONG),
    "metrics": (NOBODY, WRONG),  # for who has its token
    "set_language": (ALL, ALL),
    "roadmap_list": (PERSONS, WRONG_FOR_PERSONS),
    "roadmap_new": (PERSONS, PERSONS),
    "roadmap_estimate": (PERSONS, WRONG_FOR_PERSONS),
    "roadmap_questions": (WRONG_FOR_PERSONS, PERSONS),
    "roadmap_import": (PERSONS, PERSONS),
    "roadmap_detail": (READERS, WRONG_FOR_PERSONS),
    "roadmap_cancel": (WRONG_FOR_PERSONS, ACTORS),
    "roadmap_retry": (WRONG_FOR_PERSONS, ACTORS),
    "roadmap_changes": (WRONG_FOR_PERSONS, ACTORS),
    "artifact_retry": (WRONG_FOR_PERSONS, ACTORS),
    "roadmap_missing": (ACTORS, ACTORS),
    "concept_detail": (READERS, WRONG_FOR_PERSONS),
    "concept_quiz": (WRONG_FOR_PERSONS, LEARNER),
    "concept_note": (WRONG_FOR_PERSONS, LEARNER),
    "concept_place": (WRONG_FOR_PERSONS, LEARNER),
    "concept_complete": (WRONG_FOR_PERSONS, LEARNER),
    "roadmap_progress": (READERS, WRONG_FOR_PERSONS),
    "roadmap_picture": (READERS, WRONG_FOR_PERSONS),
    "export_list": (READERS, WRONG_FOR_PERSONS),
    "roadmap_export": (READERS, READERS),
    "export_file": (NO_PERSON, WRONG_FOR_PERSONS),  # none was asked for
    "roadmap_trash_list": (PERSONS, WRONG_FOR_PERSONS),
    "roadmap_trash": (WRONG_FOR_PERSONS, OWNER),
    "roadmap_restore": (WRONG_FOR_PERSONS, OWNER),
    "roadmap_erase": (OWNER, OWNER),
    "share_edit": (OWNER, OWNER),
    "practice": (PERSONS, WRONG_FOR_PERSONS),
    "practice_answer": (WRONG_FOR_PERSONS, NO_PERSON),  # nobody has practised here
    "practice_recall": (NO_PERSON, NO_PERSON),
    "diagram": (ALL, WRONG),
    "gallery": (ALL, WRONG),
    "shared_course": (SHARED, WRONG),
    "shared_concept": (SHARED, WRONG),
    "shared_picture": (SHARED, WRONG),
    "shared_use": (NO_PERSON, NO_PERSON),  # with an account and the link: tests/sharing
    "expert_review": (EXPERT, EXPERT),
    "settings": (PERSONS, WRONG_FOR_PERSONS),
    "settings_name": (WRONG_FOR_PERSONS, PERSONS),
    "settings_language": (WRONG_FOR_PERSONS, PERSONS),
    "settings_time_zone": (WRONG_FOR_PERSONS, PERSONS),
    "settings_switches": (WRONG_FOR_PERSONS, PERSONS),
    "sign_in_again": (PERSONS, WRONG_FOR_PERSONS),
    "withdraw_address": (NOBODY, NOBODY),  # by a guessed token
    "my_data": (WRONG_FOR_PERSONS, PERSONS),
    "account_delete": (PERSONS, PERSONS),
    "notice_bell": (ALL, WRONG),
    "notice_list": (PERSONS, WRONG_FOR_PERSONS),
    "notice_open": (OWNER, WRONG_FOR_PERSONS),
    "notices_read": (WRONG_FOR_PERSONS, PERSONS),
    "unsubscribe": (NOBODY, NOBODY),  # by a guessed token
    # allauth's own.
    "account_login": (ALL, ALL),
    "account_logout": (ALL, ALL),
    "account_inactive": (ALL, WRONG),
    "account_signup": (ALL, ALL),
    "account_reauthenticate": (PERSONS, PERSONS),
    "account_email": (PERSONS, PERSONS),
    "account_email_verification_sent": (ALL, WRONG),
    "account_change_password": (PERSONS, PERSONS),
    "account_set_password": (PERSONS, PERSONS),
    "account_reset_password": (ALL, ALL),
    "account_reset_password_done": (ALL, WRONG),
    "account_reset_password_from_key": (ALL, ALL),  # says that a guessed key is none
    "account_reset_password_from_key_done": (ALL, WRONG),
    "account_confirm_login_code": (PERSONS, PERSONS),
    "account_confirm_email": (ALL, NOBODY),  # says that a guessed key is none
    "mfa_index": (PERSONS, WRONG_FOR_PERSONS),
    "mfa_authenticate": (PERSONS, PERSONS),
    "mfa_reauthenticate": (PERSONS, PERSONS),
    "mfa_activate_totp": (PERSONS, PERSONS),
    "mfa_deactivate_totp": (NO_PERSON, NO_PERSON),  # nobody has one here
    "mfa_view_recovery_codes": (NO_PERSON, WRONG_FOR_PERSONS),
    "mfa_generate_recovery_codes": (PERSONS, PERSONS),
    "mfa_download_recovery_codes": (NO_PERSON, NO_PERSON),
    "socialaccount_login_cancelled": (ALL, WRONG),
    "socialaccount_login_error": (everybody(401), WRONG),
    "socialaccount_signup": (every_person(SIGN_IN), every_person(SIGN_IN)),
    "socialaccount_connections": (PERSONS, PERSONS),
}

# Of sockets: the code that they are closed with.
SOCKETS: dict[str, Row] = {
    "ws/roadmaps/<uuid:pk>/": (4401, 4404, OPEN, OPEN, OPEN, OPEN, 4401, 4401),
    "ws/reviews/": (4401, 4403, 4403, OPEN, OPEN, OPEN, 4401, 4401),
}

# Of the admin: to which of viewer, reviewer and superuser a GET and a POST are open. A list without
# a chosen act, and the history, show themselves to a POST too.
ADMIN: dict[str, str] = {
    "admin:account_emailaddress_add": "--s --s",
    "admin:account_emailaddress_change": "--- ---",
    "admin:account_emailaddress_changelist": "v-s v-s",
    "admin:account_emailaddress_delete": "--- ---",
    "admin:account_emailaddress_history": "--- ---",
    "admin:admin_logentry_add": "--- ---",
    "admin:admin_logentry_change": "v-s ---",
    "admin:admin_logentry_changelist": "v-s v-s",
    "admin:admin_logentry_delete": "--- ---",
    "admin:admin_logentry_history": "v-s v-s",
    "admin:app_list": "vrs vrs",
    "admin:auth_group_add": "--s --s",
    "admin:auth_group_change": "v-s --s",
    "admin:auth_group_changelist": "v-s v-s",
    "admin:auth_group_delete": "--s --s",
    "admin:auth_group_history": "v-s v-s",
    "admin:auth_user_add": "--s --s",
    "admin:auth_user_change": "v-s --s",
    "admin:auth_user_changelist": "v-s v-s",
    "admin:auth_user_delete": "--s --s",
    "admin:auth_user_history": "v-s v-s",
    "admin:auth_user_password_change": "--- ---",
    "admin:autocomplete": "--- ---",
    "admin:content_export_add": "--- ---",
    "admin:content_export_change": "--- ---",
    "admin:content_export_changelist": "v-s v-s",
    "admin:content_export_delete": "--- ---",
    "admin:content_export_history": "--- ---",
    "admin:content_export_write_one": "--s --s",
    "admin:content_quiz_add": "--- ---",
    "admin:content_quiz_change": "v-s ---",
    "admin:content_quiz_changelist": "v-s v-s",
    "admin:content_quiz_delete": "--- ---",
    "admin:content_quiz_history": "v-s v-s",
    "admin:content_quiz_rewrite_one": "--s --s",
    "admin:content_resourcelist_add": "--- ---",
    "admin:content_resourcelist_change": "v-s ---",
    "admin:content_resourcelist_changelist": "v-s v-s",
    "admin:content_resourcelist_delete": "--- ---",
    "admin:content_resourcelist_history": "v-s v-s",
    "admin:content_resourcelist_rewrite_one": "--s --s",
    "admin:content_tutorial_add": "--- ---",
    "admin:content_tutorial_change": "v-s ---",
    "admin:content_tutorial_changelist": "v-s v-s",
    "admin:content_tutorial_delete": "--- ---",
    "admin:content_tutorial_history": "v-s v-s",
    "admin:content_tutorial_rewrite_one": "--s --s",
    "admin:django_celery_beat_clockedschedule_add": "--s --s",
    "admin:django_celery_beat_clockedschedule_change": "--- ---",
    "admin:django_celery_beat_clockedschedule_changelist": "v-s v-s",
    "admin:django_celery_beat_clockedschedule_delete": "--- ---",
    "admin:django_celery_beat_clockedschedule_history": "--- ---",
    "admin:django_celery_beat_crontabschedule_add": "--s --s",
    "admin:django_celery_beat_crontabschedule_change": "--- ---",
    "admin:django_celery_beat_crontabschedule_changelist": "v-s v-s",
    "admin:django_celery_beat_crontabschedule_delete": "--- ---",
    "admin:django_celery_beat_crontabschedule_history": "--- ---",
    "admin:django_celery_beat_intervalschedule_add": "--s --s",
    "admin:django_celery_beat_intervalschedule_change": "--- ---",
    "admin:django_celery_beat_intervalschedule_changelist": "v-s v-s",
    "admin:django_celery_beat_intervalschedule_delete": "--- ---",
    "admin:django_celery_beat_intervalschedule_history": "--- ---",
    "admin:django_celery_beat_periodictask_add": "--s --s",
    "admin:django_celery_beat_periodictask_change": "--- ---",
    "admin:django_celery_beat_periodictask_changelist": "v-s v-s",
    "admin:django_celery_beat_periodictask_delete": "--- ---",
    "admin:django_celery_beat_periodictask_history": "--- ---",
    "admin:django_celery_beat_solarschedule_add": "--s --s",
    "admin:django_celery_beat_solarschedule_change": "--- ---",
    "admin:django_celery_beat_solarschedule_changelist": "v-s v-s",
    "admin:django_celery_beat_solarschedule_delete": "--- ---",
    "admin:django_celery_beat_solarschedule_history": "--- ---",
    "admin:django_celery_results_taskresult_add": "--- ---",
    "admin:django_celery_results_taskresult_change": "--- ---",
    "admin:django_celery_results_taskresult_changelist": "v-s v-s",
    "admin:django_celery_results_taskresult_delete": "--- ---",
    "admin:django_celery_results_taskresult_history": "--- ---",
    "admin:index": "vrs vrs",
    "admin:jsi18n": "vrs ---",
    "admin:logs_app_executionlog_add": "--- ---",
    "admin:logs_app_executionlog_change": "--- ---",
    "admin:logs_app_executionlog_changelist": "v-s v-s",
    "admin:logs_app_executionlog_delete": "--- ---",
    "admin:logs_app_executionlog_history": "--- ---",
    "admin:mfa_authenticator_add": "--- ---",
    "admin:mfa_authenticator_change": "--- ---",
    "admin:mfa_authenticator_changelist": "v-s v-s",
    "admin:mfa_authenticator_delete": "--- ---",
    "admin:mfa_authenticator_history": "--- ---",
    "admin:password_change": "vrs vrs",
    "admin:password_change_done": "vrs ---",
    "admin:roadmaps_draft_add": "--- ---",
    "admin:roadmaps_draft_change": "vrs ---",
    "admin:roadmaps_draft_changelist": "vrs vrs",
    "admin:roadmaps_draft_delete": "--- ---",
    "admin:roadmaps_draft_history": "vrs vrs",
    "admin:roadmaps_modelcall_add": "--- ---",
    "admin:roadmaps_modelcall_change": "v-s ---",
    "admin:roadmaps_modelcall_changelist": "v-s v-s",
    "admin:roadmaps_modelcall_delete": "--- ---",
    "admin:roadmaps_modelcall_history": "v-s v-s",
    "admin:roadmaps_modelfailure_add": "--- ---",
    "admin:roadmaps_modelfailure_change": "--- ---",
    "admin:roadmaps_modelfailure_changelist": "v-s v-s",
    "admin:roadmaps_modelfailure_delete": "--- ---",
    "admin:roadmaps_modelfailure_history": "--- ---",
    "admin:roadmaps_review_act": "--- -rs",
    "admin:roadmaps_review_add": "--- ---",
    "admin:roadmaps_review_change": "vrs ---",
    "admin:roadmaps_review_changelist": "vrs vrs",
    "admin:roadmaps_review_decide": "--- -rs",
    "admin:roadmaps_review_delete": "--- ---",
    "admin:roadmaps_review_edit": "-rs -rs",
    "admin:roadmaps_review_history": "vrs vrs",
    "admin:roadmaps_roadmap_add": "--- ---",
    "admin:roadmaps_roadmap_cancel_one": "--s --s",
    "admin:roadmaps_roadmap_change": "vrs ---",
    "admin:roadmaps_roadmap_changelist": "vrs vrs",
    "admin:roadmaps_roadmap_checkpoints": "vrs --s",
    "admin:roadmaps_roadmap_delete": "--- ---",
    "admin:roadmaps_roadmap_go_to_checkpoints": "vrs vrs",
    "admin:roadmaps_roadmap_history": "vrs vrs",
    "admin:roadmaps_roadmap_retry_one": "--s --s",
    "admin:search": "vrs vrs",
    "admin:sharing_share_add": "--- ---",
    "admin:sharing_share_change": "v-s ---",
    "admin:sharing_share_changelist": "v-s v-s",
    "admin:sharing_share_delete": "--- ---",
    "admin:sharing_share_history": "v-s v-s",
    "admin:view_on_site": "--- ---",
    "failures": "vrs vrs",
    "model_usage": "v-s v-s",
    "system": "v-s v-s",
    "system_checks": "v-s v-s",
    "system_queues": "v-s v-s",
}
