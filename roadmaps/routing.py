from django.urls import path

from roadmaps.pages.consumers import ReviewsConsumer, RoadmapConsumer

websocket_urlpatterns = [
    path("ws/roadmaps/<uuid:pk>/", RoadmapConsumer.as_asgi()),
    path("ws/reviews/", ReviewsConsumer.as_asgi()),
]
