"""Proof of who sits at a browser, as allauth and a provider's answer leave it in the session."""

import time


def prove(browser, person, ago=0, method="password"):
    record = {"method": method, "at": time.time() - ago}
    session = browser.session
    session["account_authentication_methods"] = [record | {"reauthenticated": True}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
