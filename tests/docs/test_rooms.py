"""The table of the rooms in docs/architecture.md says what the packages say of themselves."""

from docs import rooms


def test_every_room_says_in_one_line_what_is_in_it():
    silent = [path for path in rooms.packages() if not rooms.first_line(path).endswith(".")]
    assert not silent


def test_the_architecture_lists_the_rooms_as_they_are():
    listed = rooms.TABLE.search(rooms.ARCHITECTURE.read_text(encoding="utf-8"))
    assert listed
    assert listed.group() == rooms.rooms(), "python -m docs.rooms writes the table anew"
