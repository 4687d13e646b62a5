"""The prompts that administrators write, with their arguments."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.template import TemplateSyntaxError
from django.utils.translation import gettext_lazy as _

from drf_mcp.declarations import PROMPT_NAME, registry
from drf_mcp.prompt_templates import render_template, variables_of


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
