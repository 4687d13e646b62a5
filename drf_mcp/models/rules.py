"""What administrators decide of tools, and who decided what."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _


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
