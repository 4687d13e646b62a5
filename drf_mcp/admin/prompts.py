"""Prompts in Django admin: written, tried, switched on and off, and limited to groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.forms import BaseInlineFormSet, Textarea, TextInput
from django.http import HttpRequest
from django.template import TemplateSyntaxError
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from drf_mcp.models import Prompt, PromptArgument
from drf_mcp.prompt_templates import variables_of

from .guarded import GuardedMixin

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
            raise ValidationError(_UNKNOWN.format(names=", ".join(unknown)))


_UNKNOWN = _("The template uses {names}: add the argument or correct the template.")
_MAX_ARGUMENTS = 100
_SAMPLE = "mcp-sample-"
"""What the names of the fields for sample values begin with."""


class ArgumentInline(InlineBase):
    """The arguments below their prompt."""

    model = PromptArgument
    formset = ArgumentFormSet
    extra = 1
    formfield_overrides = {
        models.CharField: {"widget": TextInput(attrs={"size": 24})},
        models.TextField: {"widget": Textarea(attrs={"rows": 2, "cols": 18})},
    }

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """A field with a name of its own: a table's heading is none for a screen reader."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = field.label
        return field


@admin.register(Prompt)
class PromptAdmin(GuardedMixin, AdminBase):
    """The prompts."""

    list_display = ["name", "title", "is_enabled", "seen_by"]
    list_filter = ["is_enabled", "groups"]
    search_fields = ["name", "title", "description"]
    search_help_text = _("Part of a name, a title or a description.")
    filter_horizontal = ["groups"]
    readonly_fields = ["preview"]
    fields = ["name", "title", "description", "template", "preview", "is_enabled", "groups"]
    inlines = [ArgumentInline]

    class Media:
        """The looks of the preview, and what lets it follow the template while that is written."""

        css = {"all": ["drf_mcp/admin.css"]}
        js = ["drf_mcp/preview.js"]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Leave the most room to the template."""
        if db_field.name == "description":
            kwargs["widget"] = Textarea(attrs={"rows": 2, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: Any) -> Any:
        """The prompts with the groups that their list names."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("seen by"))
    def seen_by(self, prompt: Prompt) -> str:
        """Who sees a prompt, in words."""
        return ", ".join(str(group) for group in prompt.groups.all()) or str(_("everybody"))

    # The preview

    @admin.display(description=_("preview"))
    def preview(self, prompt: Prompt) -> str:
        """The text as a client gets it, and fields for sample values of the arguments."""
        arguments = [] if prompt._state.adding else list(prompt.arguments.all())
        url = reverse("admin:drf_mcp_prompt_preview", current_app=self.admin_site.name)
        shown = previewed(prompt.template, arguments, {})
        return render_to_string(
            "admin/drf_mcp/prompt/preview_field.html",
            {**shown, "preview_url": url, "may_write": getattr(prompt, "_mcp_may_write", False)},
        )

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        """The page of a prompt; what shows the preview is told who looks."""
        context["adminform"].form.instance._mcp_may_write = self._may_write(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def _may_write(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) or self.has_change_permission(request)

    def get_urls(self) -> Any:
        """With the address of the preview."""
        view = self.admin_site.admin_view(self.preview_view)
        return [path("preview/", view, name="drf_mcp_prompt_preview"), *super().get_urls()]

    @method_decorator(require_POST)
    def preview_view(self, request: HttpRequest) -> TemplateResponse:
        """What the form as it stands would give; nothing is saved.

        Raises:
            PermissionDenied: For who may not write prompts.
        """
        if not self._may_write(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Preview"),
            "opts": self.opts,
            "media": self.media,
            **previewed(request.POST.get("template", ""), typed_arguments(request.POST), request.POST),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/drf_mcp/prompt/preview_page.html", context)


def typed_arguments(data: Mapping[str, Any]) -> list[PromptArgument]:
    """The arguments as they stand in the form, saved or not.

    Args:
        data: What the form sends.
    """
    count = data.get("arguments-TOTAL_FORMS", "")
    rows = range(min(int(count), _MAX_ARGUMENTS) if count.isdecimal() and len(count) < 6 else 0)
    return [
        PromptArgument(name=name, choices=data.get(f"arguments-{row}-choices", ""))
        for row in rows
        if (name := data.get(f"arguments-{row}-name", "").strip()) and not data.get(f"arguments-{row}-DELETE")
    ]


def previewed(template: str, arguments: Iterable[PromptArgument], data: Mapping[str, Any]) -> dict[str, Any]:
    """The text of a prompt with sample values, or why there is none.

    Args:
        template: What an administrator wrote.
        arguments: The prompt's arguments.
        data: The sample values, as the form sends them; an argument without one has its first choice, or its name.

    Returns:
        The ``samples``, the ``text``, and the ``problem`` with either.
    """
    samples = []
    for argument in arguments:
        allowed = argument.allowed
        usual = allowed[0] if allowed else f"[{argument.name}]"
        value = data.get(f"{_SAMPLE}{argument.name}", usual)
        is_wrong = bool(allowed) and value not in allowed
        samples.append(
            {"name": argument.name, "field": f"{_SAMPLE}{argument.name}", "allowed": allowed}
            | {"value": usual if is_wrong else value}
        )
    values = {sample["name"]: sample["value"] for sample in samples}
    text, problem = "", ""
    try:
        if unknown := [name for name in variables_of(template) if name not in values]:
            problem = _UNKNOWN.format(names=", ".join(unknown))
        text = Prompt(template=template).render(values)
    except Exception as error:  # noqa: BLE001  (what an administrator wrote is shown, not raised)
        problem = _("It cannot be rendered: {error}").format(error=error)
    return {"samples": samples, "text": text, "problem": problem}
