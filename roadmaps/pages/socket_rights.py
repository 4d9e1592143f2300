"""The right to an open socket, asked again for as long as it is open.

A session can end, a person can be deactivated, a roadmap can go to the trash while a page listens.
One task of each web process asks for all its sockets at once, every SOCKET_CHECK_SECONDS; a hint
makes it ask earlier about those whose right has just changed. Hints go through Redis and may be
lost: the rows decide, and they are asked without any hint.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from allauth.mfa.models import Authenticator
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from redis.exceptions import RedisError

from roadmaps import progress
from roadmaps.engine import loop
from roadmaps.models import Roadmap
from roadmaps.models.second_factor import with_second_factor
from roadmaps.signals import roadmap_withdrawn

logger = logging.getLogger(__name__)

# Close codes: the session has ended, staff's right is missing, no such roadmap for this person,
# the check broke.
SIGN_IN, FORBIDDEN, UNKNOWN, BROKEN = 4401, 4403, 4404, 1011
GROUP = "socket-rights"  # each web process joins it once
EVERYBODY = ""
BACKEND = "django.contrib.auth.backends.ModelBackend"  # the one whose permissions count


@dataclass(frozen=True)
class Line:
    """Owner and session of a socket, and the page that it serves: a roadmap, or else the inbox."""

    user_id: int
    session_key: str
    session_hash: str  # of the password that the session was opened with
    roadmap_id: UUID | None = None

    @property
    def subjects(self) -> set[str]:
        """Subjects of the hints that are about this socket."""
        session = of_session(self.session_key)
        return {EVERYBODY, of_user(self.user_id), session, of_roadmap(self.roadmap_id)}


def of_user(pk: int) -> str:
    return f"user:{pk}"


def of_session(key: str) -> str:
    """Subject of a session, hashed: a person who reads it from Redis could use the key itself."""
    return f"session:{hashlib.sha256(key.encode()).hexdigest()}"


def of_roadmap(pk: UUID | None) -> str:
    return f"roadmap:{pk}"


def lost(lines: Collection[Line]) -> dict[Line, int]:
    """The lines without a right, each with the code to close it with.

    The same few queries for one line and for thousands. The rule is `Roadmap.objects.visible_to`,
    and for the inbox the admin's, for many people at once.
    """
    users = User.objects.filter(is_active=True).in_bulk({line.user_id for line in lines})
    current = Session.objects.filter(expire_date__gt=timezone.now())
    current = current.filter(session_key__in={line.session_key for line in lines})
    sessions = set(current.values_list("session_key", flat=True))
    roadmap_ids = {line.roadmap_id for line in lines if line.roadmap_id}
    roadmaps = Roadmap.objects.kept().filter(pk__in=roadmap_ids)
    owners: dict[UUID | None, int] = dict(roadmaps.values_list("pk", "owner_id"))

    def is_signed_in(line: Line) -> bool:
        user = users.get(line.user_id)
        if user is None or line.session_key not in sessions:
            return False
        return constant_time_compare(line.session_hash, user.get_session_auth_hash())

    signed_in = [line for line in lines if is_signed_in(line)]
    reviewing = {line.user_id for line in signed_in if line.roadmap_id is None}
    visiting = {line.user_id for line in signed_in if line.user_id != owners.get(line.roadmap_id)}
    reviewers = _permitted("roadmaps.view_review", reviewing)
    visitors = _permitted("roadmaps.view_roadmap", visiting)

    codes = dict.fromkeys(lines, SIGN_IN)
    for line in signed_in:
        if line.roadmap_id is None:
            codes[line] = FORBIDDEN
            may_look = line.user_id in reviewers
        else:
            codes[line] = UNKNOWN
            is_owner = owners.get(line.roadmap_id) == line.user_id
            may_look = line.roadmap_id in owners and (is_owner or line.user_id in visitors)
        if may_look:
            del codes[line]
    return codes


def _permitted(permission: str, user_ids: set[int]) -> set[int]:
    """Staff among `user_ids` who have the permission."""
    if not user_ids:
        return set()
    permitted = User.objects.with_perm(permission, backend=BACKEND)
    users = permitted.filter(pk__in=user_ids, is_staff=True)
    return with_second_factor(set(users.values_list("pk", flat=True)))


class Socket(Protocol):
    line: Line

    async def end(self, code: int) -> None: ...


class OpenSockets:
    """Sockets of this process, and the task that asks for their rights while there are any."""

    def __init__(self) -> None:
        self._sockets: set[Socket] = set()
        self._watch: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._sockets)

    def add(self, socket: Socket) -> None:
        self._sockets.add(socket)
        if self._watch is None:
            self._watch = asyncio.create_task(self.keep_watch())
            self._watch.add_done_callback(self.end_unwatched)

    def remove(self, socket: Socket) -> None:
        self._sockets.discard(socket)
        if self._watch and not self._sockets:
            self._watch.cancel()
            self._watch = None

    async def check(self, subject: str = EVERYBODY) -> None:
        """End the sockets about `subject` that have lost their right."""
        sockets = [socket for socket in self._sockets if subject in socket.line.subjects]
        if not sockets:
            return
        try:
            ask = database_sync_to_async(lost, thread_sensitive=False)
            codes = await ask({socket.line for socket in sockets})
        except loop.DATABASE_AWAY as exc:
            # Nobody's right can change now, and nothing happens that a page could be sent.
            logger.warning("rights of %d open sockets were not checked: %s", len(sockets), exc)
            return
        for socket in sockets:
            if socket.line in codes:
                self._end(socket, codes[socket.line])

    def _end(self, socket: Socket, code: int) -> None:
        # Not awaited: a browser that doesn't answer the goodbye would hold up the others.
        task = asyncio.create_task(socket.end(code))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def keep_watch(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.listen_for_hints())
            while True:
                await asyncio.sleep(settings.SOCKET_CHECK_SECONDS)
                await self.check()

    async def listen_for_hints(self) -> None:
        layer = get_channel_layer()
        channel = ""
        while True:
            try:
                channel = channel or await layer.new_channel()
                await layer.group_add(GROUP, channel)
                while True:
                    hint = await layer.receive(channel)
                    await self.check(hint["event"]["subject"])
            except (RedisError, OSError) as exc:
                logger.warning("no hints of lost rights for now: %s", exc)
                await asyncio.sleep(settings.SOCKET_CHECK_SECONDS)
            finally:
                await leave_group(layer, GROUP, channel)

    def end_unwatched(self, watch: "asyncio.Task[None]") -> None:
        """End of all sockets when the watch broke: pages connect again, and a new one begins."""
        if watch.cancelled():
            return
        logger.error("the watch over open sockets broke", exc_info=watch.exception())
        self._watch = None
        for socket in list(self._sockets):
            self._end(socket, BROKEN)


async def leave_group(layer: Any, group: str, channel: str) -> None:
    """Exit from a group, also while Redis is away: this process forgets the member first."""
    with contextlib.suppress(RedisError, OSError):
        await layer.group_discard(group, channel)


open_sockets = OpenSockets()


def ask_again(subject: str) -> None:
    """Have every web process check the sockets about `subject` now, once this transaction is
    committed.
    """
    transaction.on_commit(lambda: progress.hint(GROUP, "rights.changed", {"subject": subject}))


@receiver(post_delete, sender=Session)
def session_ended(instance: Session, **_: Any) -> None:
    """End by signing out, or by another key; sessions that ran out have no socket."""
    if instance.expire_date > timezone.now():
        ask_again(of_session(instance.session_key))


@receiver(post_save, sender=User)
@receiver(post_delete, sender=User)
def person_changed(
    instance: User, created: bool = False, update_fields: Any = None, **_: Any
) -> None:
    """Change of a password or a role, deactivation, deletion; signing in only notes the time."""
    if not created and update_fields != {"last_login"}:
        ask_again(of_user(instance.pk))


@receiver(post_delete, sender=Group)
@receiver(post_delete, sender=Authenticator)
@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def permissions_changed(action: str = "post_remove", **_: Any) -> None:
    if action in ("post_remove", "post_clear"):
        ask_again(EVERYBODY)


@receiver(roadmap_withdrawn)
def roadmap_gone(roadmap: Roadmap, **_: Any) -> None:
    ask_again(of_roadmap(roadmap.pk))
