"""Task results and schedules, with the same looks as everything else.

Groups of results have no page: Cairn makes none.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import escape
from django_celery_beat import admin as beat_admin
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

# Registers what is taken over below.
from django_celery_results import admin as _results_admin  # noqa: F401
from django_celery_results.models import GroupResult, TaskResult
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from roadmaps.admin.base.filters import FewValuesFilter, TimesFilter
from roadmaps.admin.base.guarded import GuardedAdmin
from roadmaps.admin.base.look_only import LookOnlyAdmin
from roadmaps.operations import schedules

for registered in (
    ClockedSchedule,
    CrontabSchedule,
    GroupResult,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
    TaskResult,
):
    admin.site.unregister(registered)

OWNED_SCHEDULE = (
    "The settings own this schedule (CELERY_BEAT_SCHEDULE): beat writes it anew at each start,"
    " so you can't edit it here."
    " You can switch it off; that is kept, and doctor and the system page say so."
)
OWNED_TIMES = (
    "You can't edit these times: beat writes them anew at each start for schedules that the"
    " settings own. For a schedule of your own, add other times. They are used by:"
)
STATUS_COLOURS = {
    "SUCCESS": "success",
    "FAILURE": "danger",
    "RETRY": "warning",
    "REVOKED": "danger",
    "STARTED": "info",
}


@admin.register(TaskResult)
class TaskResultAdmin(LookOnlyAdmin):
    list_display = ("task_id", "task_name", "state", "date_created", "date_done", "worker")
    list_filter = (
        ("date_done", TimesFilter),
        ("status", ChoicesDropdownFilter),
        ("task_name", FewValuesFilter),
        ("periodic_task_name", FewValuesFilter),
        ("worker", FewValuesFilter),
    )
    search_fields = ("task_id__exact",)
    search_help_text = "A task's id, which is its run's id"
    ordering = ("-date_done",)
    list_filter_submit = True
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("task_id", "task_name", "periodic_task_name", "status", "worker")}),
        ("Parameters", {"fields": ("task_args", "task_kwargs")}),
        (
            "Result",
            {
                "fields": (
                    "result",
                    "date_created",
                    "date_started",
                    "date_done",
                    "traceback",
                    "meta",
                )
            },
        ),
    )

    def get_queryset(self, request: Any) -> Any:
        """Rows without their long texts, where they are listed."""
        rows = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name.endswith("_changelist"):
            return rows.defer("result", "traceback", "meta", "task_args", "task_kwargs")
        return rows

    @display(description="State", ordering="status", label=STATUS_COLOURS)
    def state(self, result: TaskResult) -> str:
        return str(result.status)


class TaskSelectWidget(UnfoldAdminSelectWidget, beat_admin.TaskSelectWidget):
    pass


class PeriodicTaskForm(beat_admin.PeriodicTaskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelectWidget()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name in schedules.owned_names():
            raise ValidationError(
                "The settings own a schedule of this name, and beat would overwrite this one."
            )
        return name


class OwnedScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    """Switch of a schedule that the settings own: beat leaves only this as it is."""

    class Meta:
        model = PeriodicTask
        fields = ("enabled",)


class KeptBySettings:
    """Admin rows that beat would write back: they are not deleted here, also not with a row that
    they hang on.
    """

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        default = super().get_deleted_objects(objs, request)  # type: ignore[misc]
        to_delete, counts, missing, protected = default
        names: set[str] = set()
        for row in objs:
            names.update(self.owned_names_of(row))
        sentences = [
            f"Schedule “{name}”: the settings own it. You can switch it off."
            for name in sorted(names)
        ]
        if sentences:
            missing = set()  # it isn't a matter of permissions
        return to_delete, counts, missing, [*protected, *sentences]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)  # type: ignore[misc]
        return allowed and not (obj and self.owned_names_of(obj))

    def owned_names_of(self, row: Any) -> list[str]:
        raise NotImplementedError


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(KeptBySettings, beat_admin.PeriodicTaskAdmin, GuardedAdmin):
    form = PeriodicTaskForm
    list_display = (
        "name",
        "task",
        "enabled",
        "kept_by",
        "scheduler",
        "last_run_at",
        "total_run_count",
    )
    list_filter = ("enabled", "one_off")
    list_filter_submit = True
    date_hierarchy = None

    def owned_names_of(self, row: Any) -> list[str]:
        return [row.name] if schedules.is_owned(row) else []

    @display(description="Kept by", label={"settings": "info"})
    def kept_by(self, periodic_task: PeriodicTask) -> str:
        return "settings" if schedules.is_owned(periodic_task) else "admin"

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj and schedules.is_owned(obj):
            kwargs["form"] = OwnedScheduleForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if not (obj and schedules.is_owned(obj)):
            return super().get_fieldsets(request, obj)
        fields = (
            "name",
            "enabled",
            "task",
            "scheduler",
            "args",
            "kwargs",
            "queue",
            "expire_seconds",
            "last_run_at",
        )
        return ((None, {"fields": fields, "description": OWNED_SCHEDULE}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if not (obj and schedules.is_owned(obj)):
            return super().get_readonly_fields(request, obj)
        ((_, options),) = self.get_fieldsets(request, obj)
        return [name for name in options["fields"] if name != "enabled"]

    # The package's own actions ask for no permission and leave no trace.
    @admin.action(description="Switch on", permissions=["change"])
    def enable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        rows = list(queryset)
        super().enable_tasks(request, queryset)
        self._record(request, rows, "Switched on.")

    @admin.action(description="Switch off", permissions=["change"])
    def disable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        rows = list(queryset)
        super().disable_tasks(request, queryset)
        self._record(request, rows, "Switched off.")

    @admin.action(description="Switch on what is off, and off what is on", permissions=["change"])
    def toggle_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        rows = list(queryset)
        super().toggle_tasks(request, queryset)
        self._record(request, rows, "Switched over.")

    @admin.action(description="Run now", permissions=["change"])
    def run_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        rows = list(queryset)
        super().run_tasks(request, queryset)
        if all(row.task in self.celery_app.tasks for row in rows):  # else none has run
            self._record(request, rows, "Run by hand.")

    def _record(self, request: HttpRequest, rows: list[PeriodicTask], message: str) -> None:
        """Add a line to the log for each row; they were read before the action took them out of
        the list, which may be filtered by what it changes.
        """
        for row in rows:
            self.log_change(request, row, message)


class ScheduleAdmin(KeptBySettings, GuardedAdmin):
    """Times of schedules; those that the settings use can't be edited.

    The page of schedules names the tasks that use them.
    """

    def owned_names_of(self, row: Any) -> list[str]:
        return schedules.owned_at(row)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and not (obj and self.owned_names_of(obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not (obj and (names := self.owned_names_of(obj))):
            return fieldsets
        (title, options), *rest = fieldsets
        description = f"{OWNED_TIMES} {escape(', '.join(names))}."
        return [(title, {**options, "description": description}), *rest]


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(ScheduleAdmin, beat_admin.CrontabScheduleAdmin):
    inlines: Any = ()


for schedule in (ClockedSchedule, IntervalSchedule, SolarSchedule):
    admin.site.register(schedule, ScheduleAdmin)
