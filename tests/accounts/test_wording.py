"""allauth's pages and mails in Cairn's words: templates/allauth/locale."""

import re
from collections import Counter
from pathlib import Path

import allauth
import pytest
from babel.messages.pofile import read_po
from django.urls import reverse
from django.utils import translation

from tests.texts import ROOT

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|<[^>]+>")
UNUSED = re.compile(
    r"webauthn|passkey|phone|/providers/|/models\.py|/apps\.py|/admin\.py|idp/"
)  # parts that are off
FORMAL = re.compile(r"您|[Ee]mail|token|[Pp]asskey")


def catalogue(folder, language):
    with (Path(folder) / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return [one for one in read_po(file, locale=language) if one.id]


@pytest.fixture(scope="module")
def theirs():
    return catalogue(Path(allauth.__file__).parent, "zh_Hans")


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_what_is_reworded_is_still_allauths_and_keeps_what_is_filled_in(theirs, language):
    known = {(one.context, one.id) for one in theirs}
    for one in catalogue(ROOT / "templates" / "allauth", language):
        assert (one.context, one.id) in known, one.id
        assert one.string
        assert Counter(PLACEHOLDER.findall(one.string)) == Counter(PLACEHOLDER.findall(one.id)), (
            one.id
        )


def test_chinese_readers_are_spoken_to_as_on_our_own_pages(theirs):
    with translation.override("zh-hans"):
        for one in theirs:
            if isinstance(one.id, str) and not UNUSED.search(
                " ".join(path for path, _line in one.locations)
            ):
                said = PLACEHOLDER.sub("", translation.gettext(one.id))
                assert not FORMAL.search(said), one.id


@pytest.mark.parametrize(
    ("language", "name", "said"),
    [
        (
            "en",
            "account_login",
            ["Sign in", ">Username or e-mail</label>", "No account yet?", "Stay signed in"],
        ),
        ("zh-hans", "account_login", ["登录", "用户名或电子邮箱", "还没有账号？"]),
        ("en", "account_signup", ["Sign up", "E-mail (optional)", "Have an account already?"]),
        ("zh-hans", "account_signup", ["邮箱（选填）", "已有账号？"]),
        ("en", "account_reset_password", ["Reset your password", "Send me the link"]),
        ("en", "account_reset_password_done", ["If an account has this address"]),
        ("en", "account_inactive", ["This account is switched off"]),
        ("zh-hans", "account_inactive", ["账号已停用"]),
    ],
)
@pytest.mark.django_db
def test_pages_before_signing_in_say_it_plainly(client, language, name, said):
    page = client.get(reverse(name), headers={"accept-language": language}).content.decode()
    assert [text for text in said if text not in page] == [], page
