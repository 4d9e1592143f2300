from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from roadmaps.expert_views import expert_review
from roadmaps.views import healthz

admin.autodiscover()
handler500 = "roadmaps.error_pages.server_error"
urlpatterns = [
    path("", TemplateView.as_view(template_name="home.html"), name="home"),
    path("roadmaps/", include("roadmaps.urls")),
    path("roadmaps/<uuid:pk>/", include("content.urls")),
    path("review/<str:secret>/", expert_review, name="expert_review"),
    path("", include("learning.urls")),
    path("", include("sharing.urls")),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path(settings.ADMIN_PATH, include("roadmaps.admin.urls")),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("healthz", healthz, name="healthz"),
]
