from django.urls import path

from roadmaps.consumers import RoadmapConsumer

websocket_urlpatterns = [path("ws/roadmaps/<uuid:pk>/", RoadmapConsumer.as_asgi())]
