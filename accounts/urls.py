"""Addresses below /accounts/, before allauth's own."""

from django.urls import path

from accounts import notice_views, views

urlpatterns = [
    path("", views.settings_page, name="settings"),
    path("name/", views.change_name, name="settings_name"),
    path("language/", views.change_language, name="settings_language"),
    path("time-zone/", views.change_time_zone, name="settings_time_zone"),
    path("switches/", views.change_switches, name="settings_switches"),
    path("data/", views.my_data, name="my_data"),
    path("delete/", views.delete_account, name="account_delete"),
    path("notices/", notice_views.notice_list, name="notice_list"),
    path("notices/<int:pk>/", notice_views.notice_open, name="notice_open"),
    path("notices/read/", notice_views.notices_read, name="notices_read"),
    path("notices/bell/", notice_views.bell, name="notice_bell"),
    path("unsubscribe/<str:token>/", notice_views.unsubscribe, name="unsubscribe"),
]
