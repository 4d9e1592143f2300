from django.urls import path

from learning import practice_views, views

CONCEPT = "roadmaps/<uuid:pk>/concepts/<str:slug>/"

urlpatterns = [
    path(CONCEPT, views.concept_detail, name="concept_detail"),
    path(f"{CONCEPT}quiz/", views.concept_quiz, name="concept_quiz"),
    path(f"{CONCEPT}note/", views.concept_note, name="concept_note"),
    path(f"{CONCEPT}place/", views.concept_place, name="concept_place"),
    path(f"{CONCEPT}complete/", views.concept_complete, name="concept_complete"),
    path("roadmaps/<uuid:pk>/progress/", views.roadmap_progress, name="roadmap_progress"),
    path("practice/", practice_views.practice_today, name="practice"),
    path("practice/cards/<int:card_id>/", practice_views.practice_answer, name="practice_answer"),
    path(
        "practice/answers/<int:recall_id>/", practice_views.practice_recall, name="practice_recall"
    ),
    path("diagram/", views.diagram, name="diagram"),
]
