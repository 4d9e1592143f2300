"""Below /roadmaps/<uuid>/."""

from django.urls import path

from content import views
from content.exports import import_views
from content.exports import views as export_views

urlpatterns = [
    path("concepts/<str:slug>/retry/<str:kind>/", views.artifact_retry, name="artifact_retry"),
    path("missing/", import_views.roadmap_missing, name="roadmap_missing"),
    path("export/", export_views.export_list, name="export_list"),
    path("export/<str:format>/", export_views.roadmap_export, name="roadmap_export"),
    path("export/<str:format>/file/", export_views.export_file, name="export_file"),
]
