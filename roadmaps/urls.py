from django.urls import path

from roadmaps.pages import request, roadmap, trash

urlpatterns = [
    path("", roadmap.roadmap_list, name="roadmap_list"),
    path("new/", request.roadmap_new, name="roadmap_new"),
    path("new/estimate/", request.roadmap_estimate, name="roadmap_estimate"),
    path("new/questions/", request.roadmap_questions, name="roadmap_questions"),
    path("trash/", trash.trash_list, name="roadmap_trash_list"),
    path("<uuid:pk>/trash/", trash.roadmap_trash, name="roadmap_trash"),
    path("<uuid:pk>/restore/", trash.roadmap_restore, name="roadmap_restore"),
    path("<uuid:pk>/erase/", trash.roadmap_erase, name="roadmap_erase"),
    path("<uuid:pk>/", roadmap.roadmap_detail, name="roadmap_detail"),
    path("<uuid:pk>/cancel/", roadmap.roadmap_cancel, name="roadmap_cancel"),
    path("<uuid:pk>/retry/", roadmap.roadmap_retry, name="roadmap_retry"),
    path("<uuid:pk>/changes/", roadmap.roadmap_changes, name="roadmap_changes"),
]
