"""Tasks of upkeep on the queue `logs`."""

from celery import shared_task

from accounts import mail


@shared_task(name="maintenance.send_notices", ignore_result=True)
def send_notices() -> int:
    """After each notice that is to be mailed, and every minute for those whose message was lost."""
    return mail.send_notices()
