"""Sharing of courses: public links, copies, the gallery."""
