from django.urls import path

from sharing import views
from sharing.gallery import gallery

urlpatterns = [
    path("gallery/", gallery, name="gallery"),
    path("roadmaps/<uuid:pk>/share/", views.share_edit, name="share_edit"),
    path("roadmaps/<uuid:pk>/picture/", views.roadmap_picture, name="roadmap_picture"),
    path("s/<str:token>/", views.shared_course, name="shared_course"),
    path("s/<str:token>/use/", views.shared_use, name="shared_use"),
    path("s/<str:token>/picture/", views.shared_picture, name="shared_picture"),
    path("s/<str:token>/concepts/<str:slug>/", views.shared_concept, name="shared_concept"),
]
