"""Tasks of upkeep on the queue `logs`."""

from celery import shared_task

from accounts import mail
from accounts.second_factors import encrypt_all


@shared_task(name="maintenance.send_notices", ignore_result=True)
def send_notices() -> int:
    """After each notice that is to be mailed, and every minute for those whose message was lost."""
    return mail.send_notices()


@shared_task(name="maintenance.encrypt_second_factors", ignore_result=True)
def encrypt_second_factors() -> dict[str, int]:
    """Encrypt the secrets that a release before, or another SECRET_KEY, has written."""
    return encrypt_all()
