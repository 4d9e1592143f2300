from django.urls import path

from roadmaps import views

urlpatterns = [
    path("", views.roadmap_list, name="roadmap_list"),
    path("new/", views.roadmap_new, name="roadmap_new"),
    path("<uuid:pk>/", views.roadmap_detail, name="roadmap_detail"),
    path("<uuid:pk>/cancel/", views.roadmap_cancel, name="roadmap_cancel"),
    path("<uuid:pk>/retry/", views.roadmap_retry, name="roadmap_retry"),
]
