"""Page of the import of a course."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from content.exports.imports import ImportForm, import_course
from content.exports.room import room_for_course
from roadmaps.pages.access import paced


@login_required
@paced("import", "POST")
@room_for_course
def roadmap_import(request: HttpRequest) -> HttpResponse:
    """A form for the file; a good one becomes a roadmap of the person who sent it."""
    assert isinstance(request.user, User)
    form = ImportForm()
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
    if form.is_valid():
        roadmap = import_course(form.cleaned_data["file"], owner=request.user)
        messages.success(request, _("The course is imported, and yours to read."))
        return redirect(roadmap)
    status = 400 if form.errors else 200
    return render(request, "content/roadmap_import.html", {"form": form}, status=status)
