"""The table of limits in docs/operations.md is that of the settings."""

from docs import limits, source


def test_the_docs_list_every_limit_as_it_is():
    listed = limits.TABLE.search(limits.OPERATIONS.read_text(encoding="utf-8"))
    assert listed
    assert listed.group() == limits.written(), "python -m docs.limits writes the table anew"


def test_every_variable_of_the_settings_of_limits_is_in_the_table():
    in_table = {row[0].strip("`") for row in limits.rows()}
    read = {setting.name for setting in source.settings() if setting.section == "limits"}
    assert len(read) > 30
    assert read <= in_table
