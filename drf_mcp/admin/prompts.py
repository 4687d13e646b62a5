"""Prompts in Django admin: written, tried, switched on and off, and limited to groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import BaseInlineFormSet, Textarea, TextInput
from django.template import TemplateSyntaxError
from django.utils.html import format_html

from drf_mcp.models import Prompt, PromptArgument
from drf_mcp.prompt_templates import variables_of

if TYPE_CHECKING:
    InlineBase = admin.TabularInline[PromptArgument, Prompt]
    AdminBase = admin.ModelAdmin[Prompt]
    FormSetBase = BaseInlineFormSet[PromptArgument, Prompt, Any]
else:
    InlineBase, AdminBase, FormSetBase = admin.TabularInline, admin.ModelAdmin, BaseInlineFormSet


class ArgumentFormSet(FormSetBase):
    """The arguments of one prompt, checked against its template."""

    def clean(self) -> None:
        """Check that what the template prints is an argument.

        Raises:
            ValidationError: It prints something that nobody can ever give.
        """
        super().clean()
        forms = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        names = {data.get("name") for data in forms if not data.get("DELETE")}
        try:
            unknown = [name for name in variables_of(self.instance.template) if name not in names]
        except TemplateSyntaxError:
            return  # the template's own field says so
        if unknown:
            raise ValidationError(f"The template uses {', '.join(unknown)}: add the argument or correct the template.")


class ArgumentInline(InlineBase):
    """The arguments below their prompt."""

    model = PromptArgument
    formset = ArgumentFormSet
    extra = 1
    verbose_name, verbose_name_plural = "argument", "arguments"
    formfield_overrides = {
        models.CharField: {"widget": TextInput(attrs={"size": 24})},
        models.TextField: {"widget": Textarea(attrs={"rows": 2, "cols": 18})},
    }


@admin.register(Prompt)
class PromptAdmin(AdminBase):
    """The prompts."""

    list_display = ["name", "title", "is_enabled", "seen_by"]
    list_filter = ["is_enabled", "groups"]
    search_fields = ["name", "title", "description"]
    filter_horizontal = ["groups"]
    readonly_fields = ["preview"]
    fields = ["name", "title", "description", "template", "preview", "is_enabled", "groups"]
    inlines = [ArgumentInline]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Leave the most room to the template."""
        if db_field.name == "description":
            kwargs["widget"] = Textarea(attrs={"rows": 2, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: Any) -> Any:
        """The prompts with the groups that their list names."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="seen by")
    def seen_by(self, prompt: Prompt) -> str:
        """Who sees a prompt, in words."""
        return ", ".join(str(group) for group in prompt.groups.all()) or "everybody"

    @admin.display(description="preview")
    def preview(self, prompt: Prompt) -> str:
        """The text as a client gets it, with each argument's name in its place."""
        if prompt._state.adding:
            return "Save the prompt to see its text here."
        values = {argument.name: (argument.allowed or [f"[{argument.name}]"])[0] for argument in prompt.arguments.all()}
        try:
            text = prompt.render(values)
        except Exception as error:  # noqa: BLE001  (what an administrator wrote is shown, not raised)
            return f"It cannot be rendered: {error}"
        return format_html('<div style="white-space: pre-wrap; max-width: 60em">{}</div>', text)
