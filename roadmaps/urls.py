from django.urls import path

from roadmaps import request_views, trash_views, views

urlpatterns = [
    path("", views.roadmap_list, name="roadmap_list"),
    path("new/", request_views.roadmap_new, name="roadmap_new"),
    path("new/estimate/", request_views.roadmap_estimate, name="roadmap_estimate"),
    path("new/questions/", request_views.roadmap_questions, name="roadmap_questions"),
    path("trash/", trash_views.trash_list, name="roadmap_trash_list"),
    path("<uuid:pk>/trash/", trash_views.roadmap_trash, name="roadmap_trash"),
    path("<uuid:pk>/restore/", trash_views.roadmap_restore, name="roadmap_restore"),
    path("<uuid:pk>/erase/", trash_views.roadmap_erase, name="roadmap_erase"),
    path("<uuid:pk>/", views.roadmap_detail, name="roadmap_detail"),
    path("<uuid:pk>/cancel/", views.roadmap_cancel, name="roadmap_cancel"),
    path("<uuid:pk>/retry/", views.roadmap_retry, name="roadmap_retry"),
    path("<uuid:pk>/changes/", views.roadmap_changes, name="roadmap_changes"),
]
