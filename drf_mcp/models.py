"""What administrators make, prompts with their arguments and access tokens, and what they read, the calls."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import DatabaseError, models, router, transaction
from django.template import TemplateSyntaxError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .declarations import PROMPT_NAME, registry
from .narrowing import Narrowing
from .prompt_templates import render_template, variables_of

logger = logging.getLogger("drf_mcp")

TOKEN_PREFIX = "mcp_"  # noqa: S105  (what every value begins with, so that people and scanners know it)


class Prompt(models.Model):
    """A prompt that stands in the database."""

    name = models.CharField(
        _("name"),
        max_length=128,
        unique=True,
        validators=[RegexValidator(rf"^{PROMPT_NAME.pattern}\Z", _("Use letters, digits, '_', '-' and '.' only."))],
        help_text=_("What clients call it: letters, digits, '_', '-' and '.'."),
    )
    title = models.CharField(_("title"), max_length=200, blank=True, help_text=_("What clients show to people."))
    description = models.TextField(_("description"), blank=True, help_text=_("What it is for."))
    template = models.TextField(
        _("template"),
        help_text=_(
            "The text. {{ name }} stands for the argument of that name; {% if name %} ... {% endif %} works, too."
        ),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True, help_text=_("Whether clients see it."))
    groups = models.ManyToManyField(
        Group,
        verbose_name=_("groups"),
        blank=True,
        help_text=_("Who sees it: members of these groups, or everybody where there are none."),
    )

    class Meta:
        """In the order of the list."""

        verbose_name, verbose_name_plural = _("prompt"), _("prompts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Check what no field checks by itself.

        Raises:
            ValidationError: The name is one that code declares, or the template is none.
        """
        if self.name in registry.prompts:
            raise ValidationError({"name": _("A prompt of this name is declared in the project's code.")})
        try:
            variables_of(self.template)
        except TemplateSyntaxError as error:
            message = _("This is no template for a prompt: {error}").format(error=error)
            raise ValidationError({"template": message}) from None

    def render(self, values: dict[str, Any]) -> str:
        """The text for these arguments.

        Args:
            values: A value for each argument; one that was left out is an empty text.

        Raises:
            Exception: Whatever the template raises.
        """
        return render_template(self.template, values)


class PromptArgument(models.Model):
    """An argument of a prompt."""

    prompt = models.ForeignKey(Prompt, models.CASCADE, verbose_name=_("prompt"), related_name="arguments")
    name = models.CharField(
        _("name"),
        max_length=64,
        validators=[RegexValidator(r"^[A-Za-z]\w*\Z", _("Use letters, digits and '_'."), flags=re.ASCII)],
        help_text=_("What stands between the braces of the template."),
    )
    description = models.CharField(_("description"), max_length=500, blank=True)
    is_required = models.BooleanField(_("required"), default=True)
    choices = models.TextField(
        _("choices"), blank=True, help_text=_("The values that are allowed, one a line; any, if it is empty.")
    )

    class Meta:
        """In the order in which they were written."""

        verbose_name, verbose_name_plural = _("argument"), _("arguments")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["prompt", "name"], name="drf_mcp_argument_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def allowed(self) -> list[str]:
        """The values that are allowed, none where any is."""
        return [line.strip() for line in self.choices.splitlines() if line.strip()]


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
            models.Index(fields=["at", "id"], name="drf_mcp_call_at"),
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


class ToolRule(models.Model):
    """What administrators decided of a tool, of all tools of a ViewSet, or of all tools of an app.

    Rules only take away, or ask more: what the code and its permissions refuse, no rule allows.
    """

    class Kind(models.TextChoices):
        """What a rule is for."""

        TOOL = "tool", _("tool")
        VIEW = "view", _("ViewSet")
        APP = "app", _("app")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    key = models.CharField(_("for"), max_length=255, help_text=_("A tool's name, a ViewSet's path or an app's label."))
    is_enabled = models.BooleanField(_("on"), default=True, help_text=_("Whether agents can see and call it."))
    is_limited = models.BooleanField(
        _("only for members of the groups"),
        default=False,
        help_text=_("Nobody else can see and call it, not even superusers. Without any group it is for nobody."),
    )
    groups = models.ManyToManyField(Group, verbose_name=_("groups"), blank=True, related_name="+")
    asks = models.BooleanField(
        _("ask for confirmation"),
        default=False,
        help_text=_("Whether each call asks the person behind the agent first. It is then no resource, either."),
    )
    title = models.CharField(
        _("title"), max_length=200, blank=True, help_text=_("What clients show to people, instead of the code's own.")
    )
    description = models.TextField(
        _("description"),
        max_length=4_000,
        blank=True,
        help_text=_(
            "Instead of the code's own. The model reads it as an instruction and every caller can see it: write "
            "nothing that is secret, and nothing that you have not checked."
        ),
    )

    class Meta:
        """One rule for each thing. Who may change rules makes and deletes them with it."""

        verbose_name, verbose_name_plural = _("tool"), _("tools")
        ordering = ["kind", "key"]
        default_permissions = ["view", "change"]
        permissions = [
            ("run_tool", _("Can try out tools")),
            ("view_as_user", _("Can see what agents of other users get")),
        ]
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="drf_mcp_rule_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"


class ToolRuleChange(models.Model):
    """Who changed a rule, when, and what it said before and after."""

    at = models.DateTimeField(_("time"), auto_now_add=True)
    kind = models.CharField(_("kind"), max_length=8, choices=ToolRule.Kind.choices)
    key = models.CharField(_("for"), max_length=255)
    user_pk = models.CharField(_("user number"), max_length=64, blank=True)
    username = models.CharField(_("user"), max_length=255, blank=True, help_text=_("As it was at that time."))
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))

    class Meta:
        """The newest first; nobody changes what happened."""

        verbose_name, verbose_name_plural = _("change of a rule"), _("changes of rules")
        ordering = ["-at", "-id"]
        default_permissions = []
        indexes = [models.Index(fields=["kind", "key", "-at"], name="drf_mcp_rule_change")]

    def __str__(self) -> str:
        return f"{self.key} ({self.pk})"


class AsWho(ToolRule):
    """What one user gets: a page of its own in the index of Django admin."""

    class Meta:
        """No table and no permissions of its own: ``view_as_user`` is the one to see it."""

        proxy = True
        default_permissions = []
        verbose_name, verbose_name_plural = _("as who"), _("as who")


class Connection(AccessToken):
    """How clients connect: a page of its own in the index of Django admin."""

    class Meta:
        """No table of its own; who may see the page has a permission for it."""

        proxy = True
        default_permissions = ["view"]
        verbose_name, verbose_name_plural = _("connection"), _("connect a client")
