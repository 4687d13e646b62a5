"""The calls of agents, for the people who answer for the site."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Call(models.Model):
    """One call of an agent, kept for the people who answer for the site.

    Nothing of it leans on another table: its user and object may be deleted, stand in another database, or be
    of a model that is gone. So neither is a constraint, deleting a user touches no call, and their names are
    kept as text.
    """

    class Method(models.TextChoices):
        """What of MCP was called."""

        TOOL = "tools/call", _("tool")
        RESOURCE = "resources/read", _("resource")
        PROMPT = "prompts/get", _("prompt")

    class Outcome(models.TextChoices):
        """How it ended, as ``calls.FinishedCall`` has it."""

        OK = "ok", _("done")
        ASKED = "asked", _("asked back")
        REFUSED = "refused", _("refused")
        ERROR = "error", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    FAILURES = (Outcome.REFUSED, Outcome.ERROR)

    at = models.DateTimeField(_("time"), help_text=_("When it began."))
    method = models.CharField(_("kind"), max_length=32, choices=Method.choices)
    name = models.CharField(_("name"), max_length=255, help_text=_("The tool, the prompt, or the resource's URI."))
    is_write = models.BooleanField(_("may write"), help_text=_("Whether it is a tool that may change something."))
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, help_text=_("As REST answers it."))
    error_code = models.IntegerField(_("error code"), null=True, help_text=_("As JSON-RPC has it."))
    error_id = models.CharField(
        _("error id"), max_length=32, blank=True, help_text=_("Under which the server's log has the failure.")
    )
    duration_ms = models.FloatField(_("time taken (ms)"))
    size = models.PositiveBigIntegerField(_("size of the answer (bytes)"), null=True)
    request_id = models.CharField(_("request id"), max_length=255, blank=True, help_text=_("As the client gave it."))
    trace_id = models.CharField(_("trace id"), max_length=64, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        verbose_name=_("user"),
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    username = models.CharField(_("user"), max_length=255, blank=True, help_text=_("As it was at that time."))
    token_pk = models.CharField(_("token number"), max_length=64, blank=True)
    token_name = models.CharField(_("token"), max_length=255, blank=True)
    oauth_client_id = models.CharField(_("OAuth client id"), max_length=255, blank=True)
    oauth_client_name = models.CharField(_("OAuth client"), max_length=255, blank=True)
    client_name = models.CharField(_("client"), max_length=255, blank=True, help_text=_("As it calls itself."))
    client_version = models.CharField(_("client version"), max_length=255, blank=True)
    object_model = models.CharField(_("model"), max_length=201, blank=True)
    object_id = models.CharField(
        _("object"), max_length=255, blank=True, help_text=_("Its primary key, else the value it was looked up by.")
    )
    arguments = models.TextField(_("arguments"), blank=True, help_text=_("As JSON, with secrets masked."))

    class Meta:
        """The newest first; administrators look at calls and change none."""

        verbose_name, verbose_name_plural = _("call"), _("calls")
        ordering = ["-at", "-id"]
        default_permissions = ["view"]
        permissions = [("export_call", _("Can export calls"))]
        indexes = [
            # Of the time alone: of an index of two columns, PostgreSQL takes its rows for scattered ones.
            models.Index(fields=["at"], name="drf_mcp_call_time"),
            models.Index(fields=["user", "at"], name="drf_mcp_call_user"),
            models.Index(fields=["name", "at"], name="drf_mcp_call_name"),
            models.Index(fields=["object_model", "object_id", "at"], name="drf_mcp_call_object"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"


class Overview(Call):
    """The calls as charts: a page of its own in the index of Django admin."""

    class Meta:
        """No table and no permissions of its own: who may see the calls may see them counted."""

        proxy = True
        default_permissions = []
        verbose_name, verbose_name_plural = _("overview"), _("overview")
