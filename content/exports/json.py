"""The course as one document: for programs, and for bringing it into another Cairn."""

from content.exports.document import Course


def write(course: Course) -> bytes:
    return course.model_dump_json(indent=2).encode()
