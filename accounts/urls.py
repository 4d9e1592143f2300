"""Addresses below /accounts/, before allauth's own."""

from allauth.account.decorators import reauthentication_required
from allauth.account.views import password_set
from django.contrib.auth.decorators import login_required
from django.urls import path

from accounts import notice_views, views

urlpatterns = [
    path("", views.settings_page, name="settings"),
    path("name/", views.change_name, name="settings_name"),
    path("language/", views.change_language, name="settings_language"),
    path("time-zone/", views.change_time_zone, name="settings_time_zone"),
    path("switches/", views.change_switches, name="settings_switches"),
    path("sign-in-again/", views.sign_in_again_page, name="sign_in_again"),
    path("withdraw/<str:token>/", views.withdraw_address, name="withdraw_address"),
    path("signup/", views.signup, name="account_signup"),
    # allauth asks nothing here: whoever has a session could give the account a password.
    path(
        "password/set/",
        login_required(reauthentication_required(password_set)),
        name="account_set_password",
    ),
    path("data/", views.my_data, name="my_data"),
    path("delete/", views.delete_account, name="account_delete"),
    path("notices/", notice_views.notice_list, name="notice_list"),
    path("notices/<int:pk>/", notice_views.notice_open, name="notice_open"),
    path("notices/read/", notice_views.notices_read, name="notices_read"),
    path("notices/bell/", notice_views.bell, name="notice_bell"),
    path("unsubscribe/<str:token>/", notice_views.unsubscribe, name="unsubscribe"),
]
