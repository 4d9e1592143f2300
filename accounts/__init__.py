"""Accounts of people: signing in, settings, notices and their e-mails, their data, leaving."""
