"""The access tokens that let callers in."""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, models, router, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from drf_mcp.narrowing import Narrowing

logger = logging.getLogger("drf_mcp")

TOKEN_PREFIX = "mcp_"  # noqa: S105  (what every value begins with, so that people and scanners know it)


class AccessToken(models.Model):
    """A token that lets its user in at the MCP endpoint, and allows no more than that user may do.

    Of its value only a digest is kept. A plain SHA-256 is enough: a slow hash protects what people choose and
    others can guess, while a value has 256 random bits. It is fast, and an index finds it, so that the time an
    answer takes says nothing of how near a guess was.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        # No name on the user: nothing there to collide with, and no way to here for a lookup that a caller sends.
        related_name="+",
        verbose_name=_("user"),
        help_text=_("Whose permissions it has."),
    )
    name = models.CharField(
        _("name"), max_length=100, help_text=_("Where it is used, as 'laptop' or 'nightly report'.")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("ends in"), max_length=4, editable=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    expires = models.DateTimeField(
        _("expires"), null=True, blank=True, help_text=_("When it stops to work; never, if it is empty.")
    )
    revoked = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    is_read_only = models.BooleanField(
        _("read only"), default=False, help_text=_("Whether only tools that read are left.")
    )
    tools = models.TextField(
        _("tools"),
        blank=True,
        help_text=_("Patterns as list_*, one a line, of which a tool's name must match one; all if it is empty."),
    )

    class Meta:
        """The newest first."""

        verbose_name, verbose_name_plural = _("access token"), _("access tokens")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} (...{self.hint})"

    def make_value(self) -> str:
        """Make the value, which whoever calls this shows once and keeps nowhere.

        Returns:
            What stands behind ``Bearer``. The token has its digest and still has to be saved.
        """
        value = f"{TOKEN_PREFIX}{secrets.token_hex(32)}"
        self.digest, self.hint = digest_of(value), value[-4:]
        return value

    @property
    def state(self) -> str:
        """``valid``, or in a word or two why it lets nobody in."""
        if self.revoked is not None:
            return "revoked"
        if self.expires is not None and self.expires <= timezone.now():
            return "expired"
        return "valid" if getattr(self.user, "is_active", True) else "account off"

    @property
    def mcp_narrowing(self) -> Narrowing:
        """What it leaves of the tools."""
        return Narrowing(read_only=self.is_read_only, include=tuple(self.tools.split()) or None)

    def revoke(self) -> None:
        """End it, at once and for good."""
        self.revoked = self.revoked or timezone.now()
        self.save(update_fields=["revoked"])

    def note_use(self) -> None:
        """Write down that it was used, once a minute at most; where that fails, the call goes on."""
        now = timezone.now()
        if self.last_used is not None and now - self.last_used < timedelta(minutes=1):
            return
        database = router.db_for_write(type(self))
        try:
            with transaction.atomic(using=database):
                type(self).objects.using(database).filter(pk=self.pk).update(last_used=now)
        except DatabaseError:
            logger.warning("The last use of access token %s could not be written.", self.pk, exc_info=True)


def digest_of(value: str) -> str:
    """What is kept of a token's value, and looked up.

    Args:
        value: What stands behind ``Bearer``.
    """
    return hashlib.sha256(value.encode()).hexdigest()


class Connection(AccessToken):
    """How clients connect: a page of its own in the index of Django admin."""

    class Meta:
        """No table of its own; who may see the page has a permission for it."""

        proxy = True
        default_permissions = ["view"]
        verbose_name, verbose_name_plural = _("connection"), _("connect a client")
