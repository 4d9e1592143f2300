"""Task results and schedules, with the same looks as everything else; groups of results Cairn has none."""

from typing import Any

from django.contrib import admin
from django_celery_beat import admin as beat_admin
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from django_celery_results import admin as _results_admin  # noqa: F401 - registers what is taken over below
from django_celery_results.models import GroupResult, TaskResult
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from logs_app.admin import LookOnlyAdmin
from logs_app.filters import FewValuesFilter

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

STATUS_COLOURS = {"SUCCESS": "success", "FAILURE": "danger", "RETRY": "warning", "REVOKED": "danger", "STARTED": "info"}


@admin.register(TaskResult)
class TaskResultAdmin(LookOnlyAdmin):
    list_display = ("task_id", "task_name", "state", "date_created", "date_done", "worker")
    list_filter = (
        ("date_done", RangeDateTimeFilter),
        ("status", ChoicesDropdownFilter),
        ("task_name", FewValuesFilter),
        ("periodic_task_name", FewValuesFilter),
        ("worker", FewValuesFilter),
    )
    search_fields = ("=task_id",)
    search_help_text = "A task's id, which is its run's id"
    ordering = ("-date_done",)
    list_filter_submit = True
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("task_id", "task_name", "periodic_task_name", "status", "worker")}),
        ("Parameters", {"fields": ("task_args", "task_kwargs")}),
        ("Result", {"fields": ("result", "date_created", "date_started", "date_done", "traceback", "meta")}),
    )

    def get_queryset(self, request: Any) -> Any:
        """Without the long texts in the list."""
        rows = super().get_queryset(request)
        listed = request.resolver_match and request.resolver_match.url_name.endswith("_changelist")
        return rows.defer("result", "traceback", "meta", "task_args", "task_kwargs") if listed else rows

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


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat_admin.PeriodicTaskAdmin, ModelAdmin):
    form = PeriodicTaskForm
    list_display = ("name", "task", "enabled", "scheduler", "last_run_at", "total_run_count")
    list_filter = ("enabled", "one_off")
    list_filter_submit = True
    date_hierarchy = None


class ScheduleAdmin(ModelAdmin):
    """Its tasks are listed on the page of schedules, by name."""


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(beat_admin.CrontabScheduleAdmin, ModelAdmin):
    inlines: Any = ()


for schedule in (ClockedSchedule, IntervalSchedule, SolarSchedule):
    admin.site.register(schedule, ScheduleAdmin)
