from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.module_loading import import_string
from django.views.generic import RedirectView, TemplateView

from content.exports.import_views import roadmap_import
from roadmaps.operations import probes
from roadmaps.pages import roadmap
from roadmaps.pages.expert import expert_review

admin.autodiscover()
# One way in, with all its limits and its second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# … and one place to change a password, which counts the tries and tells by mail.
admin.site.password_change = RedirectView.as_view(pattern_name="account_change_password")  # type: ignore[assignment]
admin.site.search = import_string("roadmaps.admin.search.search")  # type: ignore[attr-defined]
handler404 = "roadmaps.pages.errors.not_found"
handler429 = "roadmaps.pages.access.too_often"  # allauth's, when somebody tries too often
handler500 = "roadmaps.pages.errors.server_error"
urlpatterns = [
    path("", roadmap.home, name="home"),
    path("offline/", TemplateView.as_view(template_name="offline.html"), name="offline"),
    path(
        "offline.js",
        TemplateView.as_view(template_name="offline.js", content_type="text/javascript"),
        name="offline_worker",
    ),
    path("roadmaps/import/", roadmap_import, name="roadmap_import"),
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
    # The middleware answers these earlier; here they have names.
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
]
