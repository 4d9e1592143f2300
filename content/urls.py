"""Below /roadmaps/<uuid>/."""

from django.urls import path

from content import views

urlpatterns = [
    path("concepts/<str:slug>/retry/<str:kind>/", views.artifact_retry, name="artifact_retry"),
    path("export/<str:format>/", views.roadmap_export, name="roadmap_export"),
]
